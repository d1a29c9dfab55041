import type { components } from './schema.js';
import type { CallOptions, ReadOptions, TaskRun } from './types.js';
import type { NclueGatewayError } from './error.js';

/** The change of one run. To apply it twice does no harm. */
export type TaskRunChange = components['schemas']['Change'];

/**
 * One step of a watched list. Ignore other types: a later version of this package may have more.
 *
 * `version` is the version of the list to which the update leads, for {@link WatchOptions.since}.
 */
export type WatchUpdate =
  /** All runs, the newest first. It comes first, and again when changes were lost: then it replaces all that was known before. */
  | { type: 'list'; version: string; runs: TaskRun[]; asOf: Date }
  /** The changes from one version to the next one, 1 to 1,000, and the number of runs after them. */
  | { type: 'changes'; version: string; changes: TaskRunChange[]; total: number }
  /**
   * The age of the list: no new run and no change of a status before `asOf` is missing, by the gateway's clock. It comes after each
   * read of NCLUE's list that found it current, and every 15 seconds at the latest.
   */
  | { type: 'bookmark'; version: string; asOf: Date; total: number }
  /** The gateway still reads the whole list, about 100 runs per second. A `list` will follow. */
  | { type: 'progress'; runs: number; expectedTotal: number | null };

export interface WatchOptions extends CallOptions {
  /**
   * The version of the list that the caller has. The first update is then a bookmark, and the changes since that version follow;
   * if the gateway no longer has them, the whole list. Without it, the whole list comes first.
   */
  since?: string | undefined;
  /** Called for each failure that does not end the watch, before the wait for the next attempt. */
  onFailure?: ((failure: NclueGatewayError) => void) | undefined;
}

export interface ChangesOptions extends ReadOptions {
  /** The `version` of a {@link ListAnswer} or of the last result. Without it the result is empty, and its `version` the newest one. */
  since?: string | undefined;
  /** Maximum number of seconds to wait for a change, if there is none yet: a whole number, 0 to 25. Default 0. */
  wait?: number | undefined;
}

export interface ChangesAnswer {
  /** The changes of whole versions in their order, at most 1,000. If there are more, the next call returns them at once. */
  changes: TaskRunChange[];
  /** Number of runs after the changes. */
  total: number;
  /** The version of the list to which the changes lead, for the next call. */
  version: string;
  /** Time of the data by the gateway's clock (`Date` − `Age`). */
  asOf: Date;
  /** True if the gateway's copy is stale: NCLUE is unavailable or busy, or a newer copy is being fetched. */
  stale: boolean;
}

/** Brings a copy of the list up to date. An update that is applied twice does no harm. */
export function applyUpdate(runs: Map<string, TaskRun>, update: WatchUpdate | ChangesAnswer): void {
  if ('type' in update && update.type === 'list') {
    runs.clear();
    for (const run of update.runs) {
      runs.set(run.id, run);
    }
  } else if ('changes' in update) {
    for (const { id, run } of update.changes) {
      if (run === null) {
        runs.delete(id);
      } else {
        runs.set(id, run);
      }
    }
  }
}
