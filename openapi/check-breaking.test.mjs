import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { baseline, check, namedAsBreaking } from './check-breaking.mjs';

let folder;
let printed;
const out = { log: (text) => printed.push(text), error: (text) => printed.push(text) };
const git = (...args) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: folder, stdio: 'pipe' });

/** Writes a document with these statuses of one operation. */
const write = (...statuses) => {
  const responses = Object.fromEntries(statuses.map((status) => [status, { description: '' }]));
  writeFileSync(join(folder, 'openapi', 'v1.json'), JSON.stringify({ openapi: '3.1.1', paths: { '/a': { get: { responses } } } }));
};
const changelog = (text) => writeFileSync(join(folder, 'CHANGELOG.md'), text);
const commit = () => git('add', '-A') && git('commit', '-q', '--allow-empty', '-m', 'a');
const statuses = () => Object.keys(baseline(folder).document.paths['/a'].get.responses);

beforeEach(() => {
  printed = [];
  folder = mkdtempSync(join(tmpdir(), 'breaking-'));
  mkdirSync(join(folder, 'openapi'));
  git('init', '-q');
  changelog('# Changelog\n\n## [Unreleased]\n');
  commit();
});
afterEach(() => rmSync(folder, { recursive: true }));

test('before the first release it compares with the first document', () => {
  write(200, 304);
  commit();
  write(200);
  commit();
  assert.deepEqual(statuses(), ['200', '304']);
});

test('then it compares with the last release, and a candidate sorts before its release', () => {
  for (const [tag, status] of [['v1.9.0', 201], ['v1.10.0-rc.1', 202], ['v1.10.0', 203], ['w2', 204]]) {
    write(status);
    commit();
    git('tag', tag);
  }

  assert.deepEqual(statuses(), ['203']);
  assert.equal(baseline(folder).release, '1.10.0');
});

test('a release without a document, and one of another branch, do not count', () => {
  git('tag', 'v9');
  write(200);
  commit();
  git('checkout', '-q', '-b', 'other');
  write(201);
  commit();
  git('tag', 'v8');
  git('checkout', '-q', '-');
  write(202);
  commit();
  assert.deepEqual(statuses(), ['200']);
});

test('a breaking change fails, and passes once the printed lines are added', () => {
  write(200, 304);
  commit();
  write(200);
  assert.equal(check(folder, out), 1);
  const lines = printed.pop();
  assert.equal(lines, '### Breaking\n\n* `GET /a 304 removed`: what callers have to do');

  changelog(`# Changelog\n\n## [Unreleased]\n\n${lines}\n`);
  assert.equal(check(folder, out), 0);
  assert.match(printed.pop(), /breaks only what CHANGELOG\.md names \(1\) since commit [0-9a-f]{12}/);
});

test('a breaking change that only an earlier release lists fails', () => {
  write(200, 304);
  commit();
  git('tag', 'v1.0.0');
  write(200);
  changelog('## [Unreleased]\n\n### Changed\n\n* `GET /a 304 removed`\n\n## [1.0.0]\n\n### Breaking\n\n* `GET /a 304 removed`\n');
  assert.equal(check(folder, out), 1);
});

test('only the lists under Breaking above the release count', () => {
  const text = '# C\n\n## [Unreleased]\n\n### Added\n\n* `a`\n\n### Breaking\n\n* `b c`: `d`\n\n### Fixed\n\n* `e`\n\n'
    + '## [2.0.0] - 2026-01-01\n\n### Breaking\n\n* `f`\n\n## [1.0.0]\n\n### Breaking\n\n* `g`\n';
  assert.deepEqual([...namedAsBreaking(text, '1.0.0')], ['b c', 'd', 'f']);
  assert.deepEqual([...namedAsBreaking(text, '2.0.0')], ['b c', 'd']);
  assert.deepEqual([...namedAsBreaking(text, null)], ['b c', 'd', 'f', 'g']);
});

test('it fails and gives the reason when there is nothing to compare with', () => {
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /No commit has openapi\/v1\.json/);

  write(200);
  commit();
  rmSync(join(folder, 'openapi', 'v1.json'));
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /cannot be compared.*v1\.json/);
});

test('it fails and gives the reason in a shallow clone, outside of a repository and without git', (t) => {
  write(200);
  commit();
  commit();
  git('clone', '-q', '--depth', '1', pathToFileURL(folder).href, 'clone');
  assert.equal(check(join(folder, 'clone'), out), 1);
  assert.match(printed.pop(), /shallow.*git fetch --unshallow --tags/);

  rmSync(join(folder, '.git'), { recursive: true });
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /not a git repository/);

  const { PATH } = process.env;
  t.after(() => (process.env.PATH = PATH));
  process.env.PATH = folder;
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /git is not installed/);
});
