import type { ListQuery, SummaryQuery } from './query.js';
import type { components } from './schema.js';

type Schemas = components['schemas'];
export type GatewayStatus = Schemas['GatewayStatus'];
export type Problem = Schemas['Problem'];
export type Session = Schemas['Session'];
export type SignedOut = Schemas['SignedOut'];
export type TaskRun = Schemas['TaskRun'];
export type TaskRunPage = Schemas['TaskRunPage'];
export type TaskRunStatus = Schemas['TaskRunStatus'];
export type TaskRunSummary = Schemas['TaskRunSummary'];

/**
 * Returns an access token. It is called for each request, so cache the token. A watch passes the last token if it has expired or
 * the gateway has rejected it: return another one then.
 */
export type TokenSource = (rejected?: string) => string | Promise<string>;

export interface NclueGatewayOptions {
  /** Address of the gateway with its path base, if any: `https://nclue.example.com`. In a browser `''` is the page's own origin. */
  baseUrl: string;
  /** Source of access tokens. Without it, the browser's session cookie is sent. */
  token?: TokenSource | undefined;
  /** Replacement for the global `fetch`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Maximum duration of one response, up to its last byte, in milliseconds; of a stream up to its headers. Default 30,000. */
  timeout?: number | undefined;
  /** Maximum time in milliseconds that one call waits in all because of `Retry-After`; 0 never waits. Default 30,000. */
  retryFor?: number | undefined;
}

export interface CallOptions {
  /** Cancels the call, in flight or waiting. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface ReadOptions extends CallOptions {
  /**
   * Maximum time in milliseconds that this call waits because of `Retry-After`, in place of the client's. The first time
   * that the gateway reads the whole list takes about a second per 100 runs; until then a query gets 503 `list-incomplete`.
   */
  retryFor?: number | undefined;
}

export interface RunsOptions extends ListQuery, ReadOptions {
  /** Maximum number of rows of a page, 1 to 100. The default is 20 for one page, and 100 for all of them. */
  limit?: number | undefined;
}

export interface PagesOptions extends RunsOptions {
  /** First row, from 0. Default 0. */
  index?: number | undefined;
}

export interface ListOptions extends PagesOptions {
  /** The `next`, `prev` or `self` of another result, in place of all other parameters. */
  follow?: string | undefined;
  /** The last result for the same request. If it is still valid, the response has no body. A result for another request is ignored. */
  previous?: ListAnswer | undefined;
}

/** The gateway's copy from which a response was made. */
export interface Answer {
  /** Time of the data by the gateway's clock (`Date` − `Age`). */
  asOf: Date;
  /** True if the gateway's copy is stale: NCLUE is unavailable or busy, or a newer copy is being fetched. */
  stale: boolean;
  /** Entity tag of the content. */
  etag: string | null;
  /** Path and query of the request. */
  self: string;
}

export interface ListAnswer extends Answer {
  /** The page; the same object as that of `previous` if it is unchanged. */
  page: TaskRunPage;
  /** Reference to the next page, for `follow`; null at the end of the list. A page may have fewer rows than `limit` before that. */
  next: string | null;
  /** Reference to the page before this one, for `follow`; null at the start of the list. */
  prev: string | null;
  /** The version of the list that was searched, for `changes` and `watch`; null of NCLUE's own list. */
  version: string | null;
}

export interface GetOptions extends ReadOptions {
  /** The last result for the same run. If it is still valid, the response has no body. */
  previous?: RunAnswer | undefined;
}

export interface RunAnswer extends Answer {
  /** The run; null if the list had no run with this id at the time `asOf`. */
  run: TaskRun | null;
}

export interface SummaryOptions extends SummaryQuery, ReadOptions {
  /** The last result for the same query. If it is still valid, the response has no body. */
  previous?: SummaryAnswer | undefined;
}

export interface SummaryAnswer extends Answer {
  /** The counts; the same object as that of `previous` if they are unchanged. */
  summary: TaskRunSummary;
}
