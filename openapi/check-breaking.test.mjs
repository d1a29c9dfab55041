import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { baseline, check, namedAsBreaking } from './check-breaking.mjs';

let folder;
let printed;
const out = { log: (text) => printed.push(text), error: (text) => printed.push(text) };

/** Writes a document with these statuses of one operation. */
const write = (name, ...statuses) => {
  const responses = Object.fromEntries(statuses.map((status) => [status, { description: '' }]));
  writeFileSync(join(folder, 'openapi', name), JSON.stringify({ openapi: '3.1.1', paths: { '/a': { get: { responses } } } }));
};
const changelog = (text) => writeFileSync(join(folder, 'CHANGELOG.md'), text);

beforeEach(() => {
  printed = [];
  folder = mkdtempSync(join(tmpdir(), 'breaking-'));
  mkdirSync(join(folder, 'openapi', 'released'), { recursive: true });
  changelog('# Changelog\n\n## [Unreleased]\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the document of the last release counts, and a candidate comes before its release', () => {
  for (const [version, status] of [['1.9.0', 201], ['1.10.0', 203], ['1.10.0-rc.1', 202], ['0.1.0', 204]]) {
    write(`released/${version}.json`, status);
  }

  assert.equal(baseline(folder).release, '1.10.0');
  assert.deepEqual(Object.keys(baseline(folder).document.paths['/a'].get.responses), ['203']);
});

test('a breaking change fails, and passes once the printed lines are added', () => {
  write('released/0.1.0.json', 200, 304);
  write('v1.json', 200);
  assert.equal(check(folder, out), 1);
  const lines = printed.pop();
  assert.equal(lines, '### Breaking\n\n* `GET /a 304 removed`: what callers have to do');

  changelog(`# Changelog\n\n## [Unreleased]\n\n${lines}\n`);
  assert.equal(check(folder, out), 0);
  assert.match(printed.pop(), /breaks only what CHANGELOG\.md names \(1\) since 0\.1\.0/);
});

test('a breaking change that only an earlier release lists fails', () => {
  write('released/1.0.0.json', 200, 304);
  write('v1.json', 200);
  changelog('## [Unreleased]\n\n### Changed\n\n* `GET /a 304 removed`\n\n## [1.0.0]\n\n### Breaking\n\n* `GET /a 304 removed`\n');
  assert.equal(check(folder, out), 1);
});

test('only the lists under Breaking above the release count', () => {
  const text = '# C\n\n## [Unreleased]\n\n### Added\n\n* `a`\n\n### Breaking\n\n* `b c`: `d`\n\n### Fixed\n\n* `e`\n\n'
    + '## [2.0.0] - 2026-01-01\n\n'
    + '### Breaking\n\n* `f`\n\n## [1.0.0]\n\n### Breaking\n\n* `g`\n';
  assert.deepEqual([...namedAsBreaking(text, '1.0.0')], ['b c', 'd', 'f']);
  assert.deepEqual([...namedAsBreaking(text, '2.0.0')], ['b c', 'd']);
  assert.deepEqual([...namedAsBreaking(text, '0.1.0')], ['b c', 'd', 'f', 'g']);
});

test('it fails and gives the reason when there is nothing to compare with', () => {
  write('v1.json', 200);
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /openapi\/released is empty/);

  write('released/0.1.0.json', 200);
  changelog('# Changelog\n\n## [Unreleased]\n\n## [1.0.0] - 2026-12-01\n');
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /cp openapi\/v1\.json openapi\/released\/1\.0\.0\.json/);

  changelog('# Changelog\n');
  rmSync(join(folder, 'openapi', 'v1.json'));
  assert.equal(check(folder, out), 1);
  assert.match(printed.pop(), /cannot be compared.*v1\.json/);
});
