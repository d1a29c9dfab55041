import { dateOf, NclueGatewayError } from './error.js';
import type { Answer } from './types.js';

/** Returns the description of the copy in a response. */
export function answerIn({ headers }: Response, self: string): Answer {
  return {
    asOf: new Date(dateOf(headers).getTime() - (Number(headers.get('Age')) || 0) * 1000),
    stale: isStale(headers),
    etag: headers.get('ETag'),
    self,
  };
}

/** Returns the path and query of the first link with the relation (RFC 8288); null if there is none. */
export function linkIn({ headers }: Response, relation: string, base: URL): string | null {
  for (const [, target, parameters] of (headers.get('Link') ?? '').matchAll(/<([^>]*)>([^<]*)/g)) {
    const [, quoted, bare] = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))/i.exec(parameters ?? '') ?? [];
    if ((quoted ?? bare ?? '').toLowerCase().split(/\s+/).includes(relation)) {
      return target === undefined ? null : pathOf(onSameOrigin(target, base));
    }
  }

  return null;
}

/** Returns the version in the link to the changes with the relation; null if there is none. */
export function versionIn(response: Response, relation: string, base: URL): string | null {
  const link = linkIn(response, relation, base);
  return link === null ? null : new URL(link, base).searchParams.get('since');
}

/** Returns the gateway's address, ending in a slash. */
export function baseOf(baseUrl: string): URL {
  const page = globalThis.location?.href; // undefined outside a browser
  const base = URL.canParse(baseUrl || '/', page) ? new URL(baseUrl || '/', page) : null;
  if (base === null || !/^https?:$/.test(base.protocol) || base.search !== '' || base.hash !== '') {
    throw new TypeError(`baseUrl must be an http or https address without query or fragment, absolute outside a browser: ${baseUrl}`);
  }

  base.pathname = base.pathname.replace(/\/*$/, '/');
  return base;
}

/** Resolves a reference. It must be at the gateway, because the request carries the token. */
export function onSameOrigin(reference: string, base: URL): URL {
  const url = URL.canParse(reference, base) ? new URL(reference, base) : null;
  if (url?.origin !== base.origin) {
    throw new NclueGatewayError(`The next page is not at the gateway: ${reference}`, { status: 200 });
  }

  return url;
}

export const pathOf = ({ pathname, search }: URL): string => pathname + search;

/** Returns true if the gateway's own cache (not one on the way) reports a negative remaining lifetime (RFC 9211 §2.5). */
function isStale(headers: Headers): boolean {
  const own = (headers.get('Cache-Status') ?? '').split(',').find((member) => member.trim().startsWith('nclue-gateway'));
  return /;\s*ttl=-\d/.test(own ?? '');
}
