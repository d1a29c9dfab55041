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
  /** Where the gateway is, with its path base if it has one: `https://nclue.example.com`. In a browser `''` is the page's own origin. */
  baseUrl: string;
  /** An access token, for each request anew: cache it there. Without this the session cookie of the browser counts. */
  token?: (() => string | Promise<string>) | undefined;
  /** In place of the global `fetch`. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** How many milliseconds one answer may take, up to its last byte. Default 30,000. */
  timeout?: number | undefined;
  /** For how many milliseconds in all one call may wait because of `Retry-After`, before it fails; 0 never waits. Default 30,000. */
  retryFor?: number | undefined;
}

export interface CallOptions {
  /** Ends the call, whether it is under way or waits. The call then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

export interface ListOptions extends CallOptions {
  /** The row to start at, from 0. Default 0. */
  index?: number | undefined;
  /** How many rows, 1 to 100. Default 20. */
  limit?: number | undefined;
  /** The `next` of another answer, in place of `index` and `limit`. */
  follow?: string | undefined;
  /** The last answer for the same page: if it still holds, no body is sent. That of another page is passed over. */
  previous?: ListAnswer | undefined;
}

export interface ListAnswer {
  /** The page; the very same object as that of `previous` when nothing has changed. */
  page: TaskRunPage;
  /** What the page shows is how things were then, by the gateway's clock (`Date` − `Age`). */
  asOf: Date;
  /** Whether the gateway's copy is past its time: NCLUE is away or busy, or a newer copy is on its way. */
  stale: boolean;
  /** The tag of the page. */
  etag: string | null;
  /** A reference to the next page, for `follow`; null at the end of the list. A page may hold fewer rows than `limit` before that. */
  next: string | null;
}

export interface NclueGatewayClient {
  /** One page. */
  list(options?: ListOptions): Promise<ListAnswer>;

  /** One page after the other (of 100 rows, unless said otherwise) until there is no next one. */
  pages(options?: Pick<ListOptions, 'index' | 'limit' | 'signal'>): AsyncGenerator<ListAnswer, void, undefined>;

  /**
   * Every run once. While it reads, runs that are created move others to a later page: those it has seen it leaves out. Runs that are
   * deleted meanwhile can hide others from it.
   */
  runs(options?: Pick<ListOptions, 'limit' | 'signal'>): AsyncGenerator<TaskRun, void, undefined>;

  /** Who is signed in with this browser; null when nobody is. */
  session(options?: CallOptions): Promise<Session | null>;

  /** Signs out. Navigate to `logoutUrl`, if there is one, to end the identity provider's session too. Nobody signed in is no error. */
  logout(options?: CallOptions): Promise<SignedOut>;

  /** Where to navigate to in order to sign in. */
  loginUrl(returnUrl: string): string;
}

/**
 * A client of one gateway. Every call rejects with {@link NclueGatewayError}, or with the reason of its signal.
 *
 * @throws {TypeError} `baseUrl` is no http or https address.
 * @throws {RangeError} A time is none.
 */
export function createNclueGatewayClient(options: NclueGatewayOptions): NclueGatewayClient {
  const { token, fetch = (request) => globalThis.fetch(request), timeout = 30_000, retryFor = 30_000 } = options;
  const base = baseOf(options.baseUrl);
  if (!isTime(timeout) || timeout === 0 || !isTime(retryFor)) {
    throw new RangeError('timeout (more than 0) and retryFor are milliseconds, up to a day.');
  }

  const api = createClient<paths>({
    baseUrl: base.href,
    headers: CSRF,
    credentials: token === undefined ? 'include' : 'omit',
    redirect: 'manual', // the gateway never redirects these calls; a proxy that wants a sign-in does
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
        throw new NclueGatewayError('The list does not go on: its next page lies before this one.', { status: 200 });
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

/** The gateway's address, ending in a slash. */
function baseOf(baseUrl: string): URL {
  const page = globalThis.location?.href; // there is none outside of a browser
  const base = URL.canParse(baseUrl || '/', page) ? new URL(baseUrl || '/', page) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.search !== '' || base.hash !== '') {
    throw new TypeError(`baseUrl must be an http or https address, outside of a browser a whole one, and end in its path: ${baseUrl}`);
  }

  base.pathname = base.pathname.replace(/\/*$/, '/');
  return base;
}

/** Shows that a script has sent the request: browsers send the cookie along whoever made them. */
const CSRF = { 'X-CSRF': '1' } as const;

const isTime = (milliseconds: number): boolean => milliseconds >= 0 && milliseconds <= 24 * 60 * 60 * 1000;

/** What came of a call; for anything that is no answer, one kind of error. */
async function answerOf<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof NclueGatewayError) {
      throw cause;
    }

    const isLate = cause instanceof DOMException && cause.name === 'TimeoutError';
    const message = isLate ? 'The gateway has not answered in time.' : 'The gateway cannot be reached, or its answer cannot be read.';
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

/** Where a reference leads. Only to the gateway: the token goes along. */
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

/** The target of the first link of that kind (RFC 8288). */
function linkTo(relation: string, headers: Headers): string | null {
  for (const [, target, parameters] of (headers.get('Link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? '') ?? [];
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes(relation)) {
      return target ?? null;
    }
  }

  return null;
}

/** Whether the gateway's own cache (not one on the way) says that the copy has less than no time left (RFC 9211 §2.5). */
function isStale(headers: Headers): boolean {
  const own = (headers.get('Cache-Status') ?? '').split(',').find((member) => member.trim().startsWith('nclue-gateway'));
  return /;\s*ttl=-\d/.test(own ?? '');
}
