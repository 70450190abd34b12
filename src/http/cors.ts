/** CORS headers, with which a browser lets pages of other origins read responses (Fetch standard, CORS protocol). */
import type { AllowedOrigins } from '../net/allowed-origins.js';

/** Response headers that a page could not read otherwise. */
const EXPOSED =
  'Retry-After, Log-Position, As-Of-Position, As-Of-Index, WWW-Authenticate, Events-Next, Events-Caught-Up';

/** Request headers that need permission. */
const REQUEST_HEADERS = 'Authorization, Content-Type, Idempotency-Key, Last-Event-ID';

/** How long a browser may cache the answer to a preflight, in seconds: Chromium's maximum. */
const PREFLIGHT_S = 7_200;

/** For every response, errors included. `origin`: of the request; '' if it has none. */
export function corsHeaders(allowed: AllowedOrigins, origin: string): Readonly<Record<string, string>> {
  if (allowed.isEmpty) return {};
  if (allowed.any) return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED };
  // Also for origins that are not allowed: a cache must not give one origin's response to another.
  const vary = { Vary: 'Origin' };
  return allowed.allows(origin)
    ? { ...vary, 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED }
    : vary;
}

/** Additional headers for the answer to an OPTIONS request. `methods`: of its path. */
export const preflightHeaders = (
  allowed: AllowedOrigins,
  origin: string,
  methods: string,
): Readonly<Record<string, string>> =>
  allowed.allows(origin)
    ? {
        'Access-Control-Allow-Methods': methods,
        'Access-Control-Allow-Headers': REQUEST_HEADERS,
        'Access-Control-Max-Age': String(PREFLIGHT_S),
      }
    : {};
