import type { Problem } from './client.js';

/**
 * What went wrong, whoever said so: the gateway with a problem (RFC 9457), something in front of it without one, or the network. Decide by
 * {@link status} and {@link slug}; show the message. docs/frontend.md says what to do about each.
 */
export class NclueGatewayError extends Error {
  override readonly name = 'NclueGatewayError';

  /** The HTTP status; 0 when there was no answer, or none that can be read. */
  readonly status: number;

  /** The end of the problem's `type`, such as `caller-quota`; null when the gateway did not say. */
  readonly slug: string | null;

  /** What the gateway said; null when it was not the gateway that answered. */
  readonly problem: Problem | null;

  /** After how many seconds asking again makes sense; null when nobody said. */
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

  /** For an answer that is not the one that was asked for. */
  static of(response: Response, body: unknown): NclueGatewayError {
    const problem = isProblem(body) ? body : null;
    const message = problem === null
      ? `The gateway cannot be used now: something answered with ${response.status || 'a redirect'} in a form that is not the gateway's.`
      : [problem.title, problem.detail].filter((text) => text !== undefined).join('. ');
    return new NclueGatewayError(message, { status: response.status, problem, retryAfter: retryAfterOf(response) });
  }
}

function isProblem(body: unknown): body is Problem {
  const { type, title, status } = (body ?? {}) as Record<string, unknown>;
  return typeof type === 'string' && typeof title === 'string' && typeof status === 'number';
}

/** `Retry-After` in seconds, from seconds or from a date by the answer's own clock (RFC 9110 §10.2.3); null when it says nothing. */
export function retryAfterOf({ headers }: Response): number | null {
  const value = headers.get('Retry-After')?.trim() ?? '';
  if (/^\d+$/.test(value)) {
    return Number(value);
  }

  const seconds = (Date.parse(value.endsWith('GMT') ? value : '') - dateOf(headers).getTime()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, Math.ceil(seconds));
}

/** When the answer was sent, by its own clock; an answer without that was sent now (RFC 9110 §6.6.1). */
export function dateOf(headers: Headers): Date {
  const date = new Date(headers.get('Date') ?? '');
  return Number.isNaN(date.getTime()) ? new Date() : date;
}
