import { NclueGatewayError } from './error.js';
import { EventParser, type ServerEvent } from './events.js';

/** Time in milliseconds without a byte after which a stream is broken. The gateway sends a message every 15 s at the latest. */
const MAX_SILENCE = 45_000;

/**
 * Opens an event stream and reads its messages to the end of the stream. It has timers of its own in place of the one that ends all
 * other calls: one until the headers have come, and one for each wait for a byte. A caller that is busy stops the time.
 */
export async function* readStream(
  request: (signal: AbortSignal) => Request, fetch: (request: Request) => Promise<Response>, timeout: number, signal?: AbortSignal,
): AsyncGenerator<ServerEvent, void, undefined> {
  const connection = new AbortController();
  const within = async <T>(milliseconds: number, result: Promise<T>): Promise<T> => {
    const timer = setTimeout(() => connection.abort(new DOMException('It took too long.', 'TimeoutError')), milliseconds);
    return await result.finally(() => clearTimeout(timer));
  };

  try {
    signal?.throwIfAborted();
    const either = signal === undefined ? connection.signal : AbortSignal.any([signal, connection.signal]);
    const reader = await within(timeout, open(request(either), fetch));
    const parser = new EventParser();
    while (true) {
      const { done, value } = await within(MAX_SILENCE, reader.read());
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
    connection.abort(); // closes the connection, also when the caller stops between two messages
  }
}

async function open(request: Request, fetch: (request: Request) => Promise<Response>) {
  const response = await fetch(request);
  const isEventStream = /^text\/event-stream\b/i.test(response.headers.get('Content-Type') ?? '');
  if (response.status !== 200 || !isEventStream || response.body === null) {
    throw NclueGatewayError.of(response, response.ok ? null : await response.json().catch(() => null));
  }

  return response.body.getReader();
}
