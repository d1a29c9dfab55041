// Compares openapi/v1.json with that of the last release. Fails if a change breaks callers and CHANGELOG.md does not list it.
// A release keeps its document: cp openapi/v1.json openapi/released/<version>.json, in the commit that dates its section of CHANGELOG.md.
// Run from anywhere in the repository: node openapi/check-breaking.mjs
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { breakingChanges } from './breaking.mjs';

const DOCUMENT = 'openapi/v1.json';
const RELEASED = 'openapi/released';

/** Orders versions; 1.0.0-rc.1 comes before 1.0.0. */
function compareVersions(left, right) {
  const [[a, aCandidate = '~'], [b, bCandidate = '~']] = [left, right].map((version) => version.split(/-(.*)/));
  const numeric = { numeric: true };
  return a.localeCompare(b, 'en', numeric)
    || (aCandidate === '~') - (bCandidate === '~')
    || aCandidate.localeCompare(bCandidate, 'en', numeric);
}

/**
 * Returns the document of the last release.
 *
 * @param {string} folder The repository.
 * @returns {{ release: string, document: object }} The release, as `1.2.0`, and the document.
 * @throws {Error} There is no such document, or CHANGELOG.md has a newer release.
 */
export function baseline(folder) {
  const releases = readdirSync(join(folder, RELEASED))
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  const release = releases.sort(compareVersions).at(-1);
  if (release === undefined) {
    throw new Error(`${RELEASED} is empty.`);
  }

  const dated = /^## \[(\d[^\]]*)\]/m.exec(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'))?.[1];
  if (dated !== undefined && dated !== release) {
    throw new Error(`CHANGELOG.md has the release ${dated}. Run: cp ${DOCUMENT} ${RELEASED}/${dated}.json`);
  }

  return { release, document: JSON.parse(readFileSync(join(folder, RELEASED, `${release}.json`), 'utf8')) };
}

/**
 * Returns the changes that CHANGELOG.md lists as breaking since a release: all texts between backticks in the lists
 * under "### Breaking". It reads the sections above that of the release, or all sections if the release has none.
 *
 * @param {string} changelog
 * @param {string} release As in its heading: `1.2.0`.
 * @returns {Set<string>}
 */
export function namedAsBreaking(changelog, release) {
  const sections = changelog.split(/^## /m).slice(1);
  const released = sections.findIndex((section) => section.startsWith(`[${release}]`));
  const lists = sections
    .slice(0, released < 0 ? sections.length : released)
    .flatMap((section) => section.split(/^### /m).slice(1))
    .filter((part) => /^Breaking\s*$/m.test(part.split('\n')[0]));
  return new Set(lists.flatMap((list) => [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name)));
}

/** Compares the documents and prints the result. @returns {number} The exit code. */
export function check(folder, out = console) {
  try {
    const { release, document } = baseline(folder);
    const found = breakingChanges(document, JSON.parse(readFileSync(join(folder, DOCUMENT), 'utf8')));
    const named = namedAsBreaking(readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'), release);
    const unnamed = found.filter((change) => !named.has(change));
    if (unnamed.length === 0) {
      out.log(`${DOCUMENT} breaks ${found.length === 0 ? 'nothing' : `only what CHANGELOG.md names (${found.length})`} since ${release}.`);
      return 0;
    }

    out.error(`${DOCUMENT} breaks callers of ${release}. Revert the change, or add to the newest section of CHANGELOG.md:\n`);
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
