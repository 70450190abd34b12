/**
 * When its connection breaks, the client of EventStoreDB 6.2.1 leaves promises of its own behind that reject and that nobody can
 * handle. The appends they belong to fail beside them and are tried again, so these may be ignored: these, and no others.
 */

/** gRPC's CANCELLED, UNKNOWN, NOT_FOUND (a server that is no leader ends the stream so), INTERNAL and UNAVAILABLE. */
const BROKEN_CONNECTION: ReadonlySet<unknown> = new Set([1, 2, 5, 13, 14]);

export function isLeftByStoreClient(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  const { code, details, metadata } = reason as { code?: unknown; details?: unknown; metadata?: unknown };
  if (typeof details === 'string' && metadata !== undefined) return BROKEN_CONNECTION.has(code);
  return code === 'ERR_STREAM_DESTROYED' || code === 'ERR_STREAM_WRITE_AFTER_END'
    ? /@grpc\/grpc-js|@eventstore\/db-client/.test(reason.stack ?? '')
    : false;
}
