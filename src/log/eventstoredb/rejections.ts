/**
 * Identifies unhandled rejections of the EventStoreDB client 6.2.1: when its connection breaks, it leaves rejected promises that
 * nobody can handle. The appends they belong to fail separately and are retried, so these rejections, and only these, may be
 * ignored.
 */

/** gRPC's CANCELLED, UNKNOWN, NOT_FOUND (the way a server that is not the leader ends the stream), INTERNAL and UNAVAILABLE. */
const BROKEN_CONNECTION: ReadonlySet<unknown> = new Set([1, 2, 5, 13, 14]);

export function isLeftByStoreClient(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  const { code, details, metadata } = reason as { code?: unknown; details?: unknown; metadata?: unknown };
  if (typeof details === 'string' && metadata !== undefined) return BROKEN_CONNECTION.has(code);
  return code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
    ? /@grpc\/grpc-js|@eventstore\/db-client/.test(reason.stack ?? '')
    : false;
}
