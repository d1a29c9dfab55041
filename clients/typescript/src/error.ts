import type { Problem } from './types.js';

/**
 * A failed call: the gateway responded with a problem (RFC 9457), another server responded, or the network failed.
 * Decide by {@link status} and {@link slug}; show the message. docs/frontend.md lists what to do about each.
 */
export class NclueGatewayError extends Error {
  override readonly name = 'NclueGatewayError';

  /** The HTTP status; 0 if there was no response, or none that can be read. */
  readonly status: number;

  /** The end of the problem's `type`, such as `caller-quota`; null if the response is not a problem of the gateway. */
  readonly slug: string | null;

  /** Problem details of the gateway; null if the response came from another server. */
  readonly problem: Problem | null;

  /** Number of seconds after which to try again; null if not specified. */
  readonly retryAfter: number | null;

  constructor(
    message: string,
    about: { status: number; problem?: Problem | null; retryAfter?: number | null; cause?: unknown },
  ) {
    super(message, about.cause === undefined ? {} : { cause: about.cause });
    this.status = about.status;
    this.problem = about.problem ?? null;
    this.slug = /\/problems\/([a-z0-9-]+)$/.exec(this.problem?.type ?? '')?.[1] ?? null;
    this.retryAfter = about.retryAfter ?? null;
  }

  /** Creates the error for a response that is not the expected one. */
  static of(response: Response, body: unknown): NclueGatewayError {
    const problem = isProblem(body) ? body : null;
    const message = problem === null
      ? `The gateway cannot be used now: the response (${response.status || 'a redirect'}) is not in the gateway's form.`
      : [problem.title, problem.detail].filter((text) => text !== undefined).join('. ');
    return new NclueGatewayError(message, { status: response.status, problem, retryAfter: retryAfterOf(response) });
  }
}

function isProblem(body: unknown): body is Problem {
  const { type, title, status } = (body ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof title === 'string' && typeof status === 'number';
}

/** Returns `Retry-After` in seconds, from seconds or from a date by the response's own clock (RFC 9110 §10.2.3); null if there is none. */
export function retryAfterOf({ headers }: Response): number | null {
  const value = headers.get('Retry-After')?.trim() ?? '';
  if (/^\d+$/.test(value)) {
    return Number(value);
  }

  const seconds = (Date.parse(value.endsWith('GMT') ? value : '') - dateOf(headers).getTime()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}

/** Returns the time at which the response was sent, by its own clock; the current time if it has none (RFC 9110 §6.6.1). */
export function dateOf(headers: Headers): Date {
  const date = new Date(headers.get('Date') ?? '');
  return Number.isNaN(date.getTime()) ? new Date() : date;
}
