import createClient from 'openapi-fetch';
import { NclueGatewayError } from './error.js';
import { answerIn, baseOf, linkIn, onSameOrigin, pathOf, versionIn } from './headers.js';
import { patientFetch } from './patience.js';
import { queryString } from './query.js';
import type { components, paths } from './schema.js';
import type {
  Answer, CallOptions, GatewayStatus, GetOptions, ListAnswer, ListOptions, NclueGatewayOptions, PagesOptions, ReadOptions, RunAnswer,
  RunsOptions, Session, SignedOut, SummaryAnswer, SummaryOptions, TaskRun, TaskRunPage, TaskRunSummary,
} from './types.js';
import type { ChangesAnswer, ChangesOptions, WatchOptions, WatchUpdate } from './updates.js';
import { Watch } from './watch.js';

type Changes = components['schemas']['Changes'];

export interface NclueGatewayClient {
  /**
   * Reads one page: of NCLUE's own list, or with any option of {@link ListQuery} of the runs that match. A `next` or
   * `prev` of a query leads to the same version of the list. It expires some minutes after the list has changed; then
   * the call rejects with 410 `cursor-expired`, and the first page must be read again.
   */
  list(options?: ListOptions): Promise<ListAnswer>;

  /**
   * Reads one page after another (of 100 rows by default) until there is no next page. All pages of a query are of one
   * version of the list. It rejects with 410 `cursor-expired` if too much time passes between two pages.
   */
  pages(options?: PagesOptions): AsyncGenerator<ListAnswer, void, undefined>;

  /**
   * Reads every run once.
   *
   * With a query, the runs are those of one version of the list, in the query's order. If that version expires (410
   * `cursor-expired`), the query starts again on the newest version, and runs that were already returned are skipped.
   * Even then no run is missing that matches all the time; but the order is that of each version, and the runs that were
   * returned before may have changed since. It rejects if a version expires before it has led to a new run.
   *
   * Without a query, runs that are created meanwhile move other runs to a later page; a run that was already returned is
   * skipped. Runs that are deleted meanwhile can cause other runs to be missed.
   */
  runs(options?: RunsOptions): AsyncGenerator<TaskRun, void, undefined>;

  /** Reads one run. Its age is that of the gateway's last copy of this run. */
  get(id: string, options?: GetOptions): Promise<RunAnswer>;

  /** Counts the runs that match: by status, task, feature, model and failure code; with `per` also by hour or day. */
  summarize(options?: SummaryOptions): Promise<SummaryAnswer>;

  /**
   * Reads the changes since a version of the list, for callers that cannot keep a stream open. It rejects with 410
   * `changes-expired` if the gateway no longer has them, or if they are more than 1,000 in one version: read the list again.
   */
  changes(options?: ChangesOptions): Promise<ChangesAnswer>;

  /**
   * Returns the whole list, and then each change of it a few seconds after it happened. Apply whole updates
   * ({@link applyUpdate}): after each one the caller has exactly one version of the list.
   *
   * It goes on where it was after a cut, 45 s of silence, a restart of the gateway or the planned end of a stream, on any replica.
   * No change is lost: if the gateway no longer has the changes, the next update is a `list`. It rejects if the first request fails,
   * unless a 429 or 503 specifies when to try again. After that only a permanent failure ends it, such as 401 (with a token: two
   * of them), 403 or 501. Between attempts it waits for `Retry-After`, or 2 to 36 s.
   *
   * The signal stops it at once; `break` closes the stream too.
   */
  watch(options?: WatchOptions): AsyncGenerator<WatchUpdate, void, undefined>;

  /** Reads the status of the gateway, also while NCLUE fails. It does not make the gateway read the list. */
  status(options?: ReadOptions): Promise<GatewayStatus>;

  /** Returns the browser's session; null if the user is not signed in. */
  session(options?: CallOptions): Promise<Session | null>;

  /** Signs out. Navigate to `logoutUrl`, if present, to end the identity provider's session too. Without a session it succeeds. */
  logout(options?: CallOptions): Promise<SignedOut>;

  /** Returns the address to navigate to in order to sign in. */
  loginUrl(returnUrl: string): string;
}

/**
 * Creates a client of one gateway. Every call rejects with {@link NclueGatewayError}, or with the reason of its signal.
 *
 * @throws {TypeError} `baseUrl` is not an http or https address.
 * @throws {RangeError} `timeout` or `retryFor` is out of range.
 */
export function createNclueGatewayClient(options: NclueGatewayOptions): NclueGatewayClient {
  const { token, fetch = (request) => globalThis.fetch(request), timeout = 30_000, retryFor = 30_000 } = options;
  const base = baseOf(options.baseUrl);
  if (!isTime(timeout) || timeout === 0 || !isTime(retryFor)) {
    throw new RangeError('timeout must be more than 0, retryFor at least 0; both are milliseconds, at most one day.');
  }

  const patience = (wait: number) => patientFetch({ fetch, token, timeout, retryFor: wait });
  const init = {
    headers: CSRF,
    credentials: token === undefined ? 'include' : 'omit',
    redirect: 'manual', // the gateway never redirects these calls; a proxy that requires sign-in does
  } as const;
  const api = createClient<paths>({ baseUrl: base.href, ...init, fetch: patience(retryFor) });

  /** Reads an address below the gateway; only its changes if `previous` is a result for the same address. */
  async function read<T, A extends Answer>(url: URL, options: ReadOptions & { previous?: A | undefined }) {
    const { previous, signal, retryFor: wait = retryFor } = options;
    if (!isTime(wait)) {
      throw new RangeError('retryFor must be at least 0 milliseconds, at most one day.');
    }

    const self = pathOf(url);
    const isSame = previous?.etag != null && previous.self === self;
    const { data, error, response } = await answerOf(signal, () => api.GET(self as '/api/task-runs', {
      baseUrl: url.origin,
      headers: isSame ? { 'If-None-Match': previous.etag } : {},
      signal: signal ?? null,
      fetch: patience(wait),
    }));
    return {
      data: data as T | undefined,
      unchanged: isSame && response.status === 304 ? previous : undefined,
      response,
      failure: () => NclueGatewayError.of(response, error), // for a response that is not the expected one
      answer: answerIn(response, self), // also of a 304, whose fields replace those of the last result
    };
  }

  async function list(options: ListOptions = {}): Promise<ListAnswer> {
    const { index = 0, limit = 20, follow, previous, signal, retryFor, ...query } = options;
    const url = follow === undefined
      ? new URL(`api/task-runs?${queryString({ index, limit, ...query })}`, base)
      : onSameOrigin(follow, base);
    const { data, unchanged, failure, response, answer } = await read<TaskRunPage, ListAnswer>(url, { previous, signal, retryFor });
    const page = unchanged?.page ?? data;
    if (!Array.isArray(page?.runs)) {
      throw failure();
    }

    const [next, prev] = [linkIn(response, 'next', base), linkIn(response, 'prev', base)];
    return { page, ...answer, next, prev, version: versionIn(response, 'monitor', base) };
  }

  async function* pages({ limit = 100, ...options }: PagesOptions = {}) {
    yield* from(await list({ ...options, limit }), options);
  }

  async function* from(first: ListAnswer, { signal, retryFor }: ReadOptions) {
    let answer = first;
    yield answer;
    while (answer.next !== null) {
      const { searchParams } = new URL(answer.next, base);
      const goesOn = searchParams.has('cursor') || Number(searchParams.get('index') ?? NaN) > answer.page.index;
      const following = goesOn ? await list({ follow: answer.next, signal, retryFor }) : null;
      if (following === null || !(following.page.index > answer.page.index)) {
        throw new NclueGatewayError('The list does not go on: its next page starts at or before this one.', { status: 200 });
      }

      answer = following;
      yield answer;
    }
  }

  async function* runs(options: RunsOptions = {}) {
    const returned = new Set<string>();
    while (true) {
      const before = returned.size;
      try {
        for await (const { page } of pages(options)) {
          for (const run of page.runs) {
            if (!returned.has(run.id)) {
              returned.add(run.id);
              yield run;
            }
          }
        }

        return;
      } catch (failure) {
        const isExpired = failure instanceof NclueGatewayError && failure.slug === 'cursor-expired';
        if (!isExpired || returned.size === before) {
          throw failure;
        }
      }
    }
  }

  async function get(id: string, options: GetOptions = {}): Promise<RunAnswer> {
    const url = new URL(`api/task-runs/${encodeURIComponent(id)}`, base);
    const { data, unchanged, failure, response, answer } = await read<TaskRun, RunAnswer>(url, options);
    const run = unchanged?.run ?? data ?? null;
    // A 404 without Age is about the address: the gateway is at another one, or too old for this call.
    const isAbsent = response.status === 404 && failure().slug === 'not-found' && response.headers.has('Age');
    if (!isAbsent && run?.id !== id) {
      throw failure();
    }

    return { run, ...answer };
  }

  async function summarize({ previous, signal, retryFor, ...query }: SummaryOptions = {}): Promise<SummaryAnswer> {
    const search = queryString(query);
    const url = new URL(`api/task-runs/summary${search === '' ? '' : `?${search}`}`, base);
    const { data, unchanged, failure, answer } = await read<TaskRunSummary, SummaryAnswer>(url, { previous, signal, retryFor });
    const summary = unchanged?.summary ?? data;
    if (typeof summary?.byStatus !== 'object') {
      throw failure();
    }

    return { summary, ...answer };
  }

  async function changes({ signal, retryFor, ...query }: ChangesOptions = {}): Promise<ChangesAnswer> {
    const url = changesAt(query);
    const { data, failure, response, answer: { asOf, stale } } = await read<Changes, Answer>(url, { signal, retryFor });
    const version = versionIn(response, 'next', base);
    if (!Array.isArray(data?.changes) || version === null) {
      throw failure();
    }

    return { changes: data.changes, total: data.total, version, asOf, stale };
  }

  function watch(options: WatchOptions = {}): AsyncGenerator<WatchUpdate, void, undefined> {
    return new Watch({
      fetch, token, timeout, init, readList, addressOf: (since) => changesAt({ since: since ?? undefined }),
    }, options).run();
  }

  /** Reads all runs of one version of the list. It fails at once while the gateway still reads the list. */
  async function readList(signal: AbortSignal | undefined) {
    const first = await list({ sort: '-createdAt', limit: 100, signal, retryFor: 0 });
    const all: TaskRun[] = [];
    for await (const { page } of from(first, { signal })) {
      all.push(...page.runs);
    }

    return { ...first, runs: all };
  }

  function changesAt(query: { since?: string | undefined; wait?: number | undefined }): URL {
    const search = queryString(query);
    return new URL(`api/task-runs/changes${search === '' ? '' : `?${search}`}`, base);
  }

  async function status(options: ReadOptions = {}): Promise<GatewayStatus> {
    const { data, failure } = await read<GatewayStatus, Answer>(new URL('api/status', base), options);
    if (!Array.isArray(data?.departures?.perMinute)) {
      throw failure();
    }

    return data;
  }

  async function session({ signal }: CallOptions = {}): Promise<Session | null> {
    const { data, error, response } = await answerOf(signal, () =>
      api.GET('/session', { params: { header: CSRF }, signal: signal ?? null }));
    return data ?? ifUnauthenticated(null, response, error);
  }

  async function logout({ signal }: CallOptions = {}): Promise<SignedOut> {
    const { data, error, response } = await answerOf(signal, () =>
      api.POST('/session/logout', { params: { header: CSRF }, signal: signal ?? null }));
    return data ?? ifUnauthenticated({ logoutUrl: null }, response, error);
  }

  function loginUrl(returnUrl: string): string {
    return `${base.href}session/login?returnUrl=${encodeURIComponent(returnUrl)}`;
  }

  return { list, pages, runs, get, summarize, changes, watch, status, session, logout, loginUrl };
}

/** Proves that a script sent the request. Browsers add the cookie to a request of any origin, but not this header. */
const CSRF = { 'X-CSRF': '1' } as const;

const isTime = (milliseconds: number): boolean => milliseconds >= 0 && milliseconds <= 24 * 60 * 60 * 1000;

/** Returns the result of a call. Any failure without a response becomes one kind of error. */
async function answerOf<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof NclueGatewayError) {
      throw cause;
    }

    const isLate = cause instanceof DOMException && cause.name === 'TimeoutError';
    const message = isLate ? 'The gateway did not respond in time.' : 'The gateway cannot be reached, or its response cannot be read.';
    throw new NclueGatewayError(message, { status: 0, cause });
  }
}

function ifUnauthenticated<T>(answer: T, response: Response, error: unknown): T {
  const failure = NclueGatewayError.of(response, error);
  if (failure.status === 401 && failure.slug === 'unauthenticated') {
    return answer;
  }

  throw failure;
}
