import type { Problem } from './client.js';

// By hand until openapi/v1.json describes them: then schema.d.ts has the same, and this file goes.

/** Who is signed in. */
export interface Session {
  /** The subject, as the identity provider names it. */
  subject: string;
  /** The name, for people. */
  name: string | null;
  /** What the caller may do, such as `task-runs:read`. */
  permissions: string[];
  /** When the session ends if it is not used (RFC 3339). */
  idleExpiresAt: string;
  /** When it ends at the latest (RFC 3339). */
  absoluteExpiresAt: string;
}

/** The session has ended. */
export interface SignedOut {
  /** Where to navigate to in order to end the identity provider's session too; null when there is no such place. */
  logoutUrl: string | null;
}

interface NoParameters {
  query?: never;
  header?: never;
  path?: never;
  cookie?: never;
}

interface Answers<T> {
  200: { headers: Record<string, unknown>; content: { 'application/json': T } };
  401: { headers: Record<string, unknown>; content: { 'application/problem+json': Problem } };
}

export interface SessionPaths {
  '/session': { parameters: NoParameters; get: { parameters: NoParameters; requestBody?: never; responses: Answers<Session> } };
  '/session/logout': { parameters: NoParameters; post: { parameters: NoParameters; requestBody?: never; responses: Answers<SignedOut> } };
}
