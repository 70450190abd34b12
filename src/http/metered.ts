/** Charges HTTP requests that are not commands to the user's read budget, which their sockets share (net/read-budget.ts). */
import { refuse } from '../domain/refusals.js';
import { type ReadBudget, readRefusal } from '../net/read-budget.js';
import type { Identity } from './authentication.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { refused } from './problems.js';
import { bodyLength } from './reply-body.js';

export const tooManyReads = (waitMs: number): Reply =>
  refused(refuse('rate_limited', readRefusal(waitMs), { retry_after_ms: waitMs }));

/** Length of the reply's body, in bytes. */
export const bytesOfReply = ({ body }: Reply): number => (body === undefined ? 0 : bodyLength(body));

/**
 * A handler whose requests are charged: for the bytes of the response and for the time until its first wait. It does not run if the
 * budget is exhausted. A stream that has begun is slowed to the budget and never refused.
 */
export const metered =
  <Who extends Pick<Identity, 'userId'>>(
    reads: ReadBudget,
    handle: (request: HttpRequest, identity: Who) => Reply | Promise<Reply>,
  ) =>
  async (request: HttpRequest, identity: Who): Promise<Reply> => {
    const waitMs = reads.wait(identity.userId);
    if (waitMs > 0) return tooManyReads(waitMs);
    const startedAt = performance.now();
    const replying = handle(request, identity);
    const took = performance.now() - startedAt;
    const reply = await replying;
    reads.spend(identity.userId, took, bytesOfReply(reply));
    if (reply.stream === undefined) return reply;
    return { ...reply, stream: { ...reply.stream, charge: (bytes) => reads.streamed(identity.userId, bytes) } };
  };
