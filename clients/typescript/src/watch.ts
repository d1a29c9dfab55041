import { NclueGatewayError } from './error.js';
import type { ServerEvent } from './events.js';
import { tokenFrom, wait } from './patience.js';
import { readStream } from './stream.js';
import type { TaskRun, TokenSource } from './types.js';
import type { WatchOptions, WatchUpdate } from './updates.js';

/** The gateway as a watch uses it. */
export interface WatchedGateway {
  fetch: (request: Request) => Promise<Response>;
  token: TokenSource | undefined;
  /** Maximum time in milliseconds until the headers of a stream have come. */
  timeout: number;
  /** Reads all runs of one version of the list. It must not wait until the list is complete. */
  readList(signal: AbortSignal | undefined): Promise<{ runs: TaskRun[]; asOf: Date; version: string | null }>;
  /** Returns the address of the changes since a version. */
  addressOf(since: string | null): URL;
  /** Further properties of requests. */
  init: RequestInit;
}

const LEAST_DELAY = 1_000;
const MOST_DELAY = 30_000;

/** Time in milliseconds within which a stream must not end, or a list not expire, to be followed at once by the next one. */
const SOON = 2_000;

/** Parameters with a version. The gateway refuses one that it has sent itself when it has lost its newest versions. */
const PLACES = ['since', 'Last-Event-ID'];

/** Reads the list, follows its changes, and goes on after failures that may be temporary. */
export class Watch {
  readonly #gateway: WatchedGateway;
  readonly #options: WatchOptions;

  // The place: the list must be read, or the version from which the changes are followed. Without a version the stream reports the
  // progress of the list, and that it is complete.
  #mustRead: boolean;
  #since: string | null;
  #lastEventId: string | null = null;

  #hasBegun = false; // until the first response a failure is more likely a mistake than a temporary one
  #isRefused = false; // true after a 401, until a message comes
  #token: string | undefined; // the last one that was sent
  #rejected: string | undefined;
  #failures = 0;
  #retry = 3_000;
  #listReadAt = -Infinity;
  #openedAt = -Infinity;

  constructor(gateway: WatchedGateway, options: WatchOptions) {
    this.#gateway = gateway;
    this.#options = options;
    this.#since = options.since ?? null;
    this.#mustRead = this.#since === null;
  }

  async *run(): AsyncGenerator<WatchUpdate, void, undefined> {
    const { signal } = this.#options;
    while (true) {
      let delay;
      try {
        if (this.#mustRead) {
          yield await this.#readList();
          continue;
        }

        yield* this.#follow();
        delay = this.#delayAfterStep();
      } catch (failure) {
        signal?.throwIfAborted();
        if (!(failure instanceof NclueGatewayError) || !this.#mayPass(failure)) {
          throw failure;
        }

        delay = this.#delayAfter(failure);
      }

      if (delay > 0) {
        await wait(delay, signal);
      }
    }
  }

  async #readList(): Promise<WatchUpdate> {
    const { runs, asOf, version } = await this.#gateway.readList(this.#options.signal);
    if (version === null) {
      throw new NclueGatewayError('The list has no link to its changes: the gateway is too old to be watched.', { status: 200 });
    }

    [this.#mustRead, this.#since, this.#lastEventId] = [false, version, null];
    [this.#hasBegun, this.#isRefused, this.#failures] = [true, false, 0];
    this.#listReadAt = performance.now();
    return { type: 'list', version, runs, asOf };
  }

  async *#follow(): AsyncGenerator<WatchUpdate, void, undefined> {
    this.#openedAt = -Infinity;
    const { fetch, timeout } = this.#gateway;
    const request = await this.#request();
    for await (const message of readStream(request, fetch, timeout, this.#options.signal)) {
      if (this.#openedAt === -Infinity) {
        this.#openedAt = performance.now();
      }

      [this.#hasBegun, this.#isRefused, this.#failures, this.#rejected] = [true, false, 0, undefined];
      this.#retry = Math.min(MOST_DELAY, Math.max(LEAST_DELAY, message.retry ?? this.#retry));
      const isEvent = message.type === 'bookmark' || message.type === 'changes';
      if (message.type === 'reset' || (isEvent && this.#since === null)) {
        this.#mustRead = true; // changes were lost, or the list is complete now
        return;
      }

      if (message.type === 'end') {
        const { reason } = dataOf(message);
        this.#isRefused = reason === 'session' || reason === 'permission'; // the next response has the problem
        this.#rejected = reason === 'token' ? this.#token : undefined;
        return;
      }

      if (message.type === 'progress') {
        const { runs, expectedTotal = null } = dataOf(message);
        yield { type: 'progress', runs: numberIn(message, runs), expectedTotal: expectedTotal as number | null };
      } else if (isEvent) {
        yield this.#reach(message);
      }
    }

    throw new NclueGatewayError('The stream of changes was cut off.', { status: 0, cause: new Error('It ended.') });
  }

  #reach(message: ServerEvent): WatchUpdate {
    const { changes, asOf, total } = dataOf(message);
    const version = message.id || (this.#lastEventId ?? this.#since ?? '');
    let update: WatchUpdate;
    if (message.type === 'changes' && Array.isArray(changes) && changes.every((change) => typeof change?.id === 'string')) {
      update = { type: 'changes', version, changes, total: numberIn(message, total) };
    } else if (message.type === 'bookmark' && !Number.isNaN(Date.parse(String(asOf)))) {
      update = { type: 'bookmark', version, asOf: new Date(String(asOf)), total: numberIn(message, total) };
    } else {
      throw unreadable(message);
    }

    this.#lastEventId = version; // not before: a message that cannot be read does not move the place
    return update;
  }

  async #request(): Promise<(signal: AbortSignal) => Request> {
    const { init, addressOf, token } = this.#gateway;
    const headers = new Headers(init.headers);
    headers.set('Accept', 'text/event-stream');
    if (this.#lastEventId !== null) {
      headers.set('Last-Event-ID', this.#lastEventId);
    }

    if (token !== undefined) {
      this.#token = await tokenFrom(token, this.#rejected);
      headers.set('Authorization', `Bearer ${this.#token}`);
    }

    return (signal) => new Request(addressOf(this.#since), { ...init, headers, cache: 'no-store', signal });
  }

  #mayPass({ status, slug, problem, retryAfter, cause }: NclueGatewayError): boolean {
    if (slug === 'list-incomplete' || status === 410) {
      return true;
    }

    if (!this.#hasBegun) {
      return (status === 429 || status === 503) && retryAfter !== null;
    }

    switch (status) {
      case 0: return cause !== undefined; // no response, or no token; without a cause it is a redirect
      case 400: return this.#lastEventId !== null && PLACES.some((name) => problem?.errors?.[name] !== undefined);
      case 401: return !this.#isRefused && this.#gateway.token !== undefined; // the token may just have expired
      case 429: return true;
      default: return status >= 500 && status !== 501;
    }
  }

  #delayAfter(failure: NclueGatewayError): number {
    const { status, slug, retryAfter } = failure;
    if (this.#mustRead && slug === 'list-incomplete') {
      [this.#hasBegun, this.#mustRead, this.#since, this.#lastEventId] = [true, false, null, null];
      return 0; // the stream reports the progress
    }

    this.#options.onFailure?.(failure);
    this.#isRefused = status === 401;
    this.#rejected = status === 401 ? this.#token : this.#rejected;
    if (!this.#mustRead && (status === 410 || status === 400)) {
      this.#mustRead = true;
      return this.#delayAfterStep();
    }

    return Math.max(this.#nextDelay(), (retryAfter ?? 0) * 1000);
  }

  /** Returns the wait after a stream that the gateway has ended, and before a list: none, unless it was very short. */
  #delayAfterStep(): number {
    const began = this.#mustRead ? this.#listReadAt : this.#openedAt;
    return performance.now() - began < SOON ? this.#nextDelay() : 0;
  }

  /** Returns the gateway's own delay, doubled with each failure, and random, so that clients do not come back together. */
  #nextDelay(): number {
    const delay = Math.min(this.#retry * 2 ** Math.min(this.#failures++, 10), MOST_DELAY);
    return delay * (0.8 + 0.4 * Math.random());
  }
}

function dataOf(message: ServerEvent): Record<string, unknown> {
  try {
    const data: unknown = JSON.parse(message.data);
    if (typeof data === 'object' && data !== null) {
      return data as Record<string, unknown>;
    }
  } catch (cause) {
    throw unreadable(message, cause);
  }

  throw unreadable(message);
}

function numberIn(message: ServerEvent, value: unknown): number {
  if (typeof value !== 'number') {
    throw unreadable(message);
  }

  return value;
}

const unreadable = ({ type }: ServerEvent, cause?: unknown): NclueGatewayError =>
  new NclueGatewayError(`A message of the stream of changes (${type}) cannot be read.`, { status: 200, cause });
