// Runs the examples against the sandbox: the real gateway, a simulated NCLUE and an identity provider, all on this
// machine.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createNclueGatewayClient } from '@nclue-gateway/client';

const sandbox = join(import.meta.dirname, '../../../src/Sandbox/bin', process.env.CONFIGURATION ?? 'Release', 'net10.0/Sandbox.dll');
const examples = join(import.meta.dirname, '../example/dist');
let server;
let gateway;
let token;

before(async () => {
  assert.ok(existsSync(sandbox), 'Build the sandbox first: dotnet build src/Sandbox -c Release');
  const ports = ['gateway', 'nclue', 'identity', 'frontend'].flatMap((name) => [`--${name}-port`, '0']);
  server = spawn('dotnet', [sandbox, '--runs', '250', ...ports], { stdio: ['ignore', 'pipe', 'inherit'] });
  let banner = '';
  for await (const text of server.stdout.setEncoding('utf8')) {
    banner += text;
    [, gateway] = /^ *gateway +(http:\S+)/m.exec(banner) ?? [];
    [, token] = /^(ey\S+)$/m.exec(banner) ?? [];
    if (banner.includes('Ctrl-C')) {
      break;
    }
  }

  assert.ok(gateway && token, `The sandbox did not start:\n${banner}`);
}, { timeout: 120_000 });

after(() => server?.kill());

/** Runs an example; returns its exit code, lines and errors. */
async function start(example, environment, ...args) {
  const env = { PATH: process.env.PATH, ...environment };
  const program = spawn(process.execPath, [join(examples, example), ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  program.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  program.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const code = await new Promise((resolve) => program.on('close', resolve));
  return { code, lines: output.split('\n').filter((line) => line !== ''), errors };
}

test('it lists every run of the sandbox', { timeout: 60_000 }, async () => {
  const { code, lines, errors } = await start('list-runs.js', { NCLUE_GATEWAY: gateway, NCLUE_TOKEN: token });
  assert.equal(code, 0, errors);
  assert.ok(lines.length >= 250, `${lines.length} runs`); // the sandbox adds runs, and deletes fewer
  assert.match(errors, new RegExp(`^${lines.length} runs\\.$`, 'm'));
  assert.equal(new Set(lines.map((line) => line.split('\t')[0])).size, lines.length);
  for (const line of lines) {
    assert.match(line, /^[0-9a-f-]{36}\t\S+\t(registered|pending|in_progress|completed|failed|unknown)\t/);
  }
});

test('it lists the newest failures of the whole list, and counts all of them', { timeout: 120_000 }, async () => {
  const { code, lines, errors } = await start('newest-failures.js', { NCLUE_GATEWAY: gateway, NCLUE_TOKEN: token });
  assert.equal(code, 0, errors);
  assert.equal(lines.length, 10);
  const rows = lines.map((line) => line.split('\t'));
  assert.ok(rows.every(([id, , , reason]) => /^[0-9a-f-]{36}$/.test(id) && reason !== '-'), lines.join('\n'));
  assert.deepEqual(rows.map(([, createdAt]) => createdAt), rows.map(([, createdAt]) => createdAt).sort().reverse());
  const [, total] = /^10 of (\d+) failed runs, as of \d{4}/m.exec(errors);
  const counts = [...errors.matchAll(/^[A-Z_]+: (\d+)$/gm)].map(([, count]) => Number(count));
  assert.ok(counts.length > 0 && counts.reduce((sum, count) => sum + count) <= Number(total), errors); // a message may have no code
});

test('it prints a line for each change of the list', { timeout: 120_000 }, async () => {
  const { code, lines, errors } = await start('watch-runs.js', { NCLUE_GATEWAY: gateway, NCLUE_TOKEN: token }, '2');
  assert.equal(code, 0, errors);
  assert.match(errors, /^2[0-9]{2} runs, as of \d{4}/m);
  assert.ok(lines.length >= 2, lines.join('\n'));
  for (const line of lines) { // a new run comes every 15 s, and each goes through its states
    const [type, id, before, after, name] = line.split('\t');
    assert.match(`${type} ${id} ${name}`, /^(created|updated) [0-9a-f-]{36} .+ #\d{4}$/);
    assert.notEqual(before, after);
    assert.equal(type === 'created', before === '-');
  }
});

for (const example of ['list-runs.js', 'newest-failures.js', 'watch-runs.js']) {
  test(`${example} reports a token that is not accepted`, { timeout: 60_000 }, async () => {
    const { code, lines, errors } = await start(example, { NCLUE_GATEWAY: gateway, NCLUE_TOKEN: 'wrong' });
    assert.deepEqual([code, lines], [1, []]);
    assert.match(errors, /^Sign-in is required/);
  });

  test(`${example} names the variables that it needs`, { timeout: 60_000 }, async () => {
    const { code, errors } = await start(example, {});
    assert.equal(code, 2);
    assert.match(errors, /NCLUE_GATEWAY.*NCLUE_TOKEN/);
  });
}

test('the gateway understands every parameter, and a chain holds as many runs as it says', { timeout: 120_000 }, async () => {
  const client = createNclueGatewayClient({ baseUrl: gateway, token: () => token, retryFor: 60_000 });
  const filter = {
    status: ['completed', 'failed'], model: 'nfm2', modelStatus: ['active', 'deprecated'], q: '#0', createdAfter: '2000-01-01',
    createdBefore: new Date('2100-01-01'), completedAfter: '2000-01-01T00:00:00+09:00', completedBefore: '2100-01-01T00:00:00Z',
  };
  const [ids, totals] = [new Set(), new Set()];
  for await (const { page } of client.pages({ ...filter, sort: '-durationSeconds', limit: 20 })) {
    totals.add(page.total);
    for (const run of page.runs) {
      ids.add(run.id);
      assert.match(run.model.name, /^NFM0?2$/);
    }
  }

  assert.ok(ids.size > 100);
  assert.deepEqual([...totals], [ids.size]);
  const { summary } = await client.summarize(filter);
  assert.ok(summary.total >= ids.size, `${summary.total} of ${ids.size}`); // runs that have ended meanwhile
  assert.equal(summary.byStatus.completed + summary.byStatus.failed, summary.total);
  const { page } = await client.list({ failureCode: ['COMMON_ERROR'], taskId: 'none', featureId: ['none', '/'], partial: true });
  assert.deepEqual([page.total, page.complete], [0, true]);
  const [id] = ids;
  assert.equal((await client.get(id)).run.id, id);
});
