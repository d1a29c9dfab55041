import createClient from 'openapi-fetch';
import { dateOf, NclueGatewayError } from './error.js';
import { patientFetch } from './patience.js';
import type { components, paths } from './schema.js';

type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];
export type Session = Schemas['Session'];
export type SignedOut = Schemas['SignedOut'];
export type TaskRun = Schemas['TaskRun'];
export type TaskRunPage = Schemas['TaskRunPage'];
export type TaskRunStatus = Schemas['TaskRunStatus'];

export interface NclueGatewayOptions {
  /** Address of the gateway with its path base, if any: `https://nclue.example.com`. In a browser `''` is the page's own origin. */
  baseUrl: string;
  /** Returns an access token; called for each request, so cache the token. Without it, the browser's session cookie is sent. */
  token?: (() => string | Promise<string>) | undefined;
  /** Replacement for the global `fetch`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Maximum duration of one response, up to its last byte, in milliseconds. Default 30,000. */
  timeout?: number | undefined;
  /** Maximum time in milliseconds that one call waits in all because of `Retry-After`; 0 never waits. Default 30,000. */
  retryFor?: number | undefined;
}

export interface CallOptions {
  /** Cancels the call, in flight or waiting. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** First row, from 0. Default 0. */
  index?: number | undefined;
  /** Maximum number of rows, 1 to 100. Default 20. */
  limit?: number | undefined;
  /** The `next` of another result, in place of `index` and `limit`. */
  follow?: string | undefined;
  /** The last result for the same page. If it is still valid, the response has no body. A result for another page is ignored. */
  previous?: ListAnswer | undefined;
}

export interface ListAnswer {
  /** The page; the same object as that of `previous` if it is unchanged. */
  page: TaskRunPage;
  /** Time of the data by the gateway's clock (`Date` − `Age`). */
  asOf: Date;
  /** True if the gateway's copy is stale: NCLUE is unavailable or busy, or a newer copy is being fetched. */
  stale: boolean;
  /** Entity tag of the page. */
  etag: string | null;
  /** Reference to the next page, for `follow`; null at the end of the list. A page may have fewer rows than `limit` before that. */
  next: string | null;
}

export interface NclueGatewayClient {
  /** Reads one page. */
  list(options?: ListOptions): Promise<ListAnswer>;

  /** Reads one page after another (of 100 rows by default) until there is no next page. */
  pages(options?: Pick<ListOptions, 'index' | 'limit' | 'signal'>): AsyncGenerator<ListAnswer, void, undefined>;

  /**
   * Reads every run once. Runs that are created meanwhile move other runs to a later page; a run that was already
   * returned is skipped. Runs that are deleted meanwhile can cause other runs to be missed.
   */
  runs(options?: Pick<ListOptions, 'limit' | 'signal'>): AsyncGenerator<TaskRun, void, undefined>;

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

  const api = createClient<paths>({
    baseUrl: base.href,
    headers: CSRF,
    credentials: token === undefined ? 'include' : 'omit',
    redirect: 'manual', // the gateway never redirects these calls; a proxy that requires sign-in does
    fetch: patientFetch({ fetch, token, timeout, retryFor }),
  });

  async function list({ index = 0, limit = 20, follow, previous, signal }: ListOptions = {}): Promise<ListAnswer> {
    const next = follow === undefined ? null : onSameOrigin(follow, base);
    const asked = next === null ? { index, limit } : pageOf(next);
    const isSame = previous?.etag != null && previous.page.index === asked.index && previous.page.limit === asked.limit;
    const headers = isSame ? { 'If-None-Match': previous.etag } : {};
    const { data, error, response } = await answerOf(signal, () =>
      next === null
        ? api.GET('/api/task-runs', { params: { query: asked }, headers, signal: signal ?? null })
        : api.GET(`${next.pathname}${next.search}` as '/api/task-runs', { baseUrl: next.origin, headers, signal: signal ?? null }));
    const page = isSame && response.status === 304 ? previous.page : data;
    if (!Array.isArray(page?.runs)) {
      throw NclueGatewayError.of(response, error);
    }

    const link = linkTo('next', response.headers);
    const following = link === null ? null : onSameOrigin(link, base);
    return {
      page,
      asOf: new Date(dateOf(response.headers).getTime() - (Number(response.headers.get('Age')) || 0) * 1000),
      stale: isStale(response.headers),
      etag: response.headers.get('ETag'),
      next: following === null ? null : following.pathname + following.search,
    };
  }

  async function* pages({ index, limit = 100, signal }: Pick<ListOptions, 'index' | 'limit' | 'signal'> = {}) {
    let answer = await list({ index, limit, signal });
    yield answer;
    while (answer.next !== null) {
      const { index: from } = pageOf(new URL(answer.next, base));
      if (!(from > answer.page.index)) {
        throw new NclueGatewayError('The list does not go on: its next page starts at or before this one.', { status: 200 });
      }

      answer = await list({ follow: answer.next, signal });
      yield answer;
    }
  }

  async function* runs(options: Pick<ListOptions, 'limit' | 'signal'> = {}) {
    const seen = new Set<string>();
    for await (const { page } of pages(options)) {
      for (const run of page.runs.filter(({ id }) => !seen.has(id))) {
        seen.add(run.id);
        yield run;
      }
    }
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

  return { list, pages, runs, session, logout, loginUrl };
}

/** Returns the gateway's address, ending in a slash. */
function baseOf(baseUrl: string): URL {
  const page = globalThis.location?.href; // undefined outside a browser
  const base = URL.canParse(baseUrl || '/', page) ? new URL(baseUrl || '/', page) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.search !== '' || base.hash !== '') {
    throw new TypeError(`baseUrl must be an http or https address without query or fragment, absolute outside a browser: ${baseUrl}`);
  }

  base.pathname = base.pathname.replace(/\/*$/, '/');
  return base;
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

/** Resolves a reference. It must be at the gateway, because the request carries the token. */
function onSameOrigin(reference: string, base: URL): URL {
  const url = URL.canParse(reference, base) ? new URL(reference, base) : null;
  if (url?.origin !== base.origin) {
    throw new NclueGatewayError(`The next page is not at the gateway: ${reference}`, { status: 200 });
  }

  return url;
}

function pageOf({ searchParams }: URL): { index: number; limit: number } {
  const number = (name: string): number => Number(searchParams.get(name) ?? NaN);
  return { index: number('index'), limit: number('limit') };
}

/** Returns the target of the first link with the relation (RFC 8288). */
function linkTo(relation: string, headers: Headers): string | null {
  for (const [, target, parameters] of (headers.get('Link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? '') ?? [];
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes(relation)) {
      return target ?? null;
    }
  }

  return null;
}

/** Returns true if the gateway's own cache (not one on the way) reports a negative remaining lifetime (RFC 9211 §2.5). */
function isStale(headers: Headers): boolean {
  const own = (headers.get('Cache-Status') ?? '').split(',').find((member) => member.trim().startsWith('nclue-gateway'));
  return /;\s*ttl=-\d/.test(own ?? '');
}
