import { NclueGatewayError, retryAfterOf } from './error.js';
import type { TokenSource } from './types.js';

export interface Patience {
  fetch: (request: Request) => Promise<Response>;
  token: TokenSource | undefined;
  timeout: number;
  retryFor: number;
}

/**
 * Returns a fetch that waits for the `Retry-After` of a 429 or 503 and sends the request again, at most `retryFor` in
 * all. Requests must have no body.
 */
export function patientFetch({ fetch, token, timeout, retryFor }: Patience): (request: Request) => Promise<Response> {
  return async (request) => {
    for (let left = retryFor; ; ) {
      const attempt = new Request(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeout)]) });
      if (token !== undefined) {
        attempt.headers.set('Authorization', `Bearer ${await tokenFrom(token)}`);
      }

      const response = await fetch(attempt);
      const isJson = /^application\/([^;]+\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
      if (response.ok && !isJson) {
        await response.body?.cancel();
        throw NclueGatewayError.of(response, null); // for example the sign-in page of a proxy
      }

      // At least a second, so that a server that sends 0 is not called in a tight loop.
      const after = Math.max(1, retryAfterOf(response) ?? Infinity) * 1000;
      if ((response.status !== 429 && response.status !== 503) || after > left) {
        return response;
      }

      left -= after;
      await response.body?.cancel();
      await wait(after, request.signal);
    }
  };
}

export async function tokenFrom(token: TokenSource, rejected?: string): Promise<string> {
  try {
    return await token(rejected);
  } catch (cause) {
    throw new NclueGatewayError('There is no access token to send.', { status: 0, cause });
  }
}

export function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const leave = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', leave);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', leave, { once: true });
  });
}
