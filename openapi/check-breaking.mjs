// Compares openapi/v1.json with that of the last release. Fails if it breaks a caller and CHANGELOG.md does not list
// the change.
// Run from anywhere in the repository: node openapi/check-breaking.mjs
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { breakingChanges } from './breaking.mjs';

const DOCUMENT = 'openapi/v1.json';

/**
 * Returns the document to compare with. It is that of the last release: the newest tag v… that is an ancestor of this
 * commit and has a document.
 * Before such a release it is that of the first commit with a document.
 *
 * @param {string} folder A folder of the repository.
 * @returns {{ name: string, release: string | null, document: object }} Its name; the release, as `1.2.0`; and the
 * document.
 * @throws {Error} There is no git, no history or no such document.
 */
export function baseline(folder) {
  const git = (...args) => {
    try {
      return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 << 20 }).trim();
    } catch (failure) {
      const why = failure.code === 'ENOENT' ? 'git is not installed.' : `git ${args[0]} has failed: ${failure.stderr?.trim()}`;
      throw new Error(why, { cause: failure });
    }
  };
  if (git('rev-parse', '--is-shallow-repository') === 'true') {
    throw new Error('This clone is shallow: the last release may be missing. Run: git fetch --unshallow --tags');
  }

  // Sorts 1.0.0-rc.1 before 1.0.0.
  const tags = git('-c', 'versionsort.suffix=-', 'tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname').split('\n');
  const tag = tags.find((name) => name !== '' && git('ls-tree', '--full-tree', name, '--', DOCUMENT) !== '');
  const first = () => git('log', '--diff-filter=A', '--format=%H', '--', `:/${DOCUMENT}`).split('\n').pop();
  const revision = tag ?? first();
  if (revision === '') {
    throw new Error(`No commit has ${DOCUMENT}: commit it first.`);
  }

  return {
    name: tag ?? `commit ${revision.slice(0, 12)}`,
    release: tag?.slice(1) ?? null,
    document: JSON.parse(git('show', `${revision}:${DOCUMENT}`)),
  };
}

/**
 * Returns the changes that CHANGELOG.md lists as breaking since a release: all texts between backticks in the lists
 * under "### Breaking". It reads the sections above that of the release, or all sections if there is no release.
 *
 * @param {string} changelog
 * @param {string | null} release As in its heading: `1.2.0`.
 * @returns {Set<string>}
 */
export function namedAsBreaking(changelog, release) {
  const sections = changelog.split(/^## /m).slice(1);
  const released = sections.findIndex((section) => release !== null && section.startsWith(`[${release}]`));
  const lists = sections
    .slice(0, released < 0 ? sections.length : released)
    .flatMap((section) => section.split(/^### /m).slice(1))
    .filter((part) => /^Breaking\s*$/m.test(part.split('\n')[0]));
  return new Set(lists.flatMap((list) => [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
}

/** Compares the documents and prints the result. @returns {number} The exit code. */
export function check(folder, out = console) {
  try {
    const { name, release, document } = baseline(folder);
    const found = breakingChanges(document, JSON.parse(readFileSync(join(folder, DOCUMENT), 'utf8')));
    const named = namedAsBreaking(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'), release);
    const unnamed = found.filter((change) => !named.has(change));
    if (unnamed.length === 0) {
      out.log(`${DOCUMENT} breaks ${found.length === 0 ? 'nothing' : `only what CHANGELOG.md names (${found.length})`} since ${name}.`);
      return 0;
    }

    out.error(`${DOCUMENT} breaks callers of ${name}. Revert the change, or add to the newest section of CHANGELOG.md:\n`);
    out.error(['### Breaking', '', ...unnamed.map((change) => `* \`${change}\`: what callers have to do`)].join('\n'));
    return 1;
  } catch (failure) {
    out.error(`${DOCUMENT} cannot be compared with that of the last release. ${failure.message}`);
    return 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = check(join(import.meta.dirname, '..'));
}
