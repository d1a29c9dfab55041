// Runs the example against the sandbox: the real gateway, a simulated NCLUE and an identity provider, all on this
// machine.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

const sandbox = join(import.meta.dirname, '../../../src/Sandbox/bin', process.env.CONFIGURATION ?? 'Release', 'net10.0/Sandbox.dll');
const example = join(import.meta.dirname, '../example/dist/list-runs.js');
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

/** Runs the example; returns its exit code, lines and errors. */
async function list(environment) {
  const env = { PATH: process.env.PATH, ...environment };
  const program = spawn(process.execPath, [example], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors] = ['', ''];
  program.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  program.stderr.setEncoding('utf8').on('data', (text) => (errors += text));
  const code = await new Promise((resolve) => program.on('close', resolve));
  return { code, lines: output.split('\n').filter((line) => line !== ''), errors };
}

test('it lists every run of the sandbox', { timeout: 60_000 }, async () => {
  const { code, lines, errors } = await list({ NCLUE_GATEWAY: gateway, NCLUE_TOKEN: token });
  assert.equal(code, 0, errors);
  assert.ok(lines.length >= 250, `${lines.length} runs`); // a new run comes every 30 s
  assert.match(errors, new RegExp(`^${lines.length} runs\\.$`, 'm'));
  assert.equal(new Set(lines.map((line) => line.split('\t')[0])).size, lines.length);
  for (const line of lines) {
    assert.match(line, /^[0-9a-f-]{36}\t\S+\t(registered|pending|in_progress|completed|failed|unknown)\t/);
  }
});

test('it reports a token that is not accepted', { timeout: 60_000 }, async () => {
  const { code, lines, errors } = await list({ NCLUE_GATEWAY: gateway, NCLUE_TOKEN: 'wrong' });
  assert.deepEqual([code, lines], [1, []]);
  assert.match(errors, /^Sign-in is required/);
});

test('it names the variables that it needs', { timeout: 60_000 }, async () => {
  const { code, errors } = await list({});
  assert.equal(code, 2);
  assert.match(errors, /NCLUE_GATEWAY.*NCLUE_TOKEN/);
});
