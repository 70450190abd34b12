/** Checks whether another socket of a user fits within the limits, and gives the answer if not. */
import { type ReadBudget, readRefusal } from '../net/read-budget.js';
import type { OpenSockets } from './socket-limits.js';

/** Why a socket with a valid token is refused. */
export interface RefusedSocket {
  readonly status: '429 Too Many Requests' | '503 Service Unavailable';
  readonly code: 'too_many_sockets' | 'rate_limited' | 'busy';
  readonly detail: string;
  readonly retryAfterS: number;
}

export interface RoomParts {
  /** Sockets that wait for their state. */
  readonly joining: { readonly isFull: boolean };
  readonly openSockets: OpenSockets;
  readonly reads: ReadBudget;
}

/** `client`: an address as clientOf returns it. Undefined if the socket is accepted. */
export function socketRefusal(
  userId: string,
  client: string,
  { joining, openSockets, reads }: RoomParts,
): RefusedSocket | undefined {
  if (joining.isFull)
    return {
      status: '503 Service Unavailable',
      code: 'busy',
      detail: 'Too many sockets wait for their state: connect again in a moment',
      retryAfterS: 1,
    };
  const detail = openSockets.refusal(userId, client);
  if (detail !== undefined)
    return { status: '429 Too Many Requests', code: 'too_many_sockets', detail, retryAfterS: 10 };
  const waitMs = reads.wait(userId);
  return waitMs > 0
    ? {
        status: '429 Too Many Requests',
        code: 'rate_limited',
        detail: readRefusal(waitMs),
        retryAfterS: Math.ceil(waitMs / 1_000),
      }
    : undefined;
}
