import { NclueGatewayError } from './error.js';
import { EventParser, type ServerEvent } from './events.js';

/** Time in milliseconds without a byte after which a stream is broken. The gateway sends a message every 15 s at the latest. */
const MAX_SILENCE = 45_000;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * Opens an event stream and reads its messages to the end of the stream. It has timers of its own in place of the one that ends all
 * other calls: one until the headers have come, and one for each wait for a byte. A caller that is busy stops the time.
 */
export async function* readStream(
  request: (signal: AbortSignal) => Request, fetch: (request: Request) => Promise<Response>, timeout: number, signal?: AbortSignal,
): AsyncGenerator<ServerEvent, void, undefined> {
  const connection = new AbortController();
  const leave = (): void => connection.abort(signal?.reason);
  signal?.addEventListener('abort', leave);
  let opened: Promise<Reader> | undefined;
  try {
    signal?.throwIfAborted();
    opened = open(request(connection.signal), fetch);
    const reader = await within(timeout, opened, connection);
    const parser = new EventParser();
    while (true) {
      const { done, value } = await within(MAX_SILENCE, reader.read(), connection);
      if (done) {
        return;
      }

      yield* parser.push(value);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof NclueGatewayError) {
      throw cause;
    }

    const isLate = connection.signal.aborted;
    const message = isLate ? 'The stream of changes was silent for too long.' : 'The stream of changes cannot be opened, or was cut off.';
    throw new NclueGatewayError(message, { status: 0, cause });
  } finally {
    // Also when the caller stops between two messages. Node.js may no longer listen to the signal of a response that began long ago
    // (its request has been garbage collected), so the body is cancelled too.
    signal?.removeEventListener('abort', leave);
    connection.abort();
    opened?.then((reader) => reader.cancel()).catch(() => {});
  }
}

/** Waits for a result until the connection is aborted, which happens after this time at the latest. */
async function within<T>(milliseconds: number, result: Promise<T>, connection: AbortController): Promise<T> {
  const timer = setTimeout(() => connection.abort(new DOMException('It took too long.', 'TimeoutError')), milliseconds);
  let stop = (): void => {};
  const stopped = new Promise<never>((_, reject) => (stop = () => reject(connection.signal.reason)));
  connection.signal.addEventListener('abort', stop);
  if (connection.signal.aborted) {
    stop();
  }

  try {
    return await Promise.race([result, stopped]);
  } finally {
    clearTimeout(timer);
    connection.signal.removeEventListener('abort', stop);
  }
}

async function open(request: Request, fetch: (request: Request) => Promise<Response>): Promise<Reader> {
  const response = await fetch(request);
  const isEventStream = /^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '');
  if (response.status !== 200 || !isEventStream || response.body === null) {
    throw NclueGatewayError.of(response, response.ok ? null : await response.json().catch(() => null));
  }

  return response.body.getReader();
}
