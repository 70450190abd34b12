/** Headers by which a browser lets pages of other origins read answers (Fetch standard, CORS protocol). */
import type { AllowedOrigins } from '../net/allowed-origins.js';

/** Headers of answers that a page could not read otherwise. */
const EXPOSED = 'Retry-After, Log-Position, WWW-Authenticate';

/** Headers of requests that are not simple ones. */
const REQUEST_HEADERS = 'Authorization, Content-Type, Idempotency-Key';

/** How long a browser may keep the answer to a preflight, in seconds: the most that Chromium keeps one. */
const PREFLIGHT_S = 7_200;

/** For every answer, errors too. `origin`: of the request; '' if it has none. */
export function corsHeaders(allowed: AllowedOrigins, origin: string): Readonly<Record<string, string>> {
  if (allowed.isEmpty) return {};
  if (allowed.any) return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': EXPOSED };
  // Also where the origin is not allowed: a cache must not give one origin's answer to another.
  const vary = { Vary: 'Origin' };
  return allowed.allows(origin)
    ? { ...vary, 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED }
    : vary;
}

/** On top of those, for the answer to an OPTIONS. `methods`: of its path. */
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
