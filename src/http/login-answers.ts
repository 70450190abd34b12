/** Responses of the endpoints that take a password: login and password change. */
import { z } from 'zod';
import { refuse } from '../domain/refusals.js';
import { json, type Reply } from './endpoint.js';
import { problem, refused } from './problems.js';

export const Token = z
  .object({
    access_token: z.string().meta({ example: 'eyJhbGciOi….eyJpc3MiOi….3q2-7w' }),
    token_type: z.literal('bearer'),
  })
  .meta({ id: 'Token' });

interface Retry {
  readonly retryAfterMs: number;
}

export const tokenReply = (token: string): Reply =>
  json(200, JSON.stringify({ access_token: token, token_type: 'bearer' } satisfies z.infer<typeof Token>), {
    'Cache-Control': 'no-store',
  });

export const busy = ({ retryAfterMs }: Retry): Reply =>
  problem('busy', 'Too many passwords are being checked: try again in a moment', { retryAfterMs });

export const slowed = ({ retryAfterMs }: Retry): Reply =>
  problem('too_many_attempts', 'Too many failed attempts: wait before the next one', { retryAfterMs });

/** For too many login or registration requests, or too many new accounts. */
export const tooManyRequests = ({ retryAfterMs }: Retry): Reply =>
  problem('too_many_requests', 'Too many logins or registrations from your address: wait before the next one', {
    retryAfterMs,
  });

/** `consequence`: what it means for the client. */
export const storeFull = (consequence: string): Reply =>
  refused(refuse('store_full', `The disk of the server's log is full: ${consequence}`, { retry_after_ms: 5_000 }));

/** `consequence`: as above. */
export const storeUnavailable = (consequence: string): Reply =>
  refused(refuse('store_unavailable', `The log's store does not respond: ${consequence}`, { retry_after_ms: 1_000 }));
