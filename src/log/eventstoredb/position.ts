/** Converts EventStoreDB positions to the port's: one decimal number of any length, exact where a JavaScript number is not. */
import type { Position as StorePosition } from '@eventstore/db-client';
import type { Position } from '../event-log.js';

/** Commit and prepare are equal for everything appended over gRPC; if not, the event was not written by this server. */
export function positionOf({ commit, prepare }: StorePosition): Position {
  if (commit !== prepare)
    throw new Error(
      `EventStoreDB gave the position ${commit}/${prepare}: events written in explicit transactions are not supported`,
    );
  return commit.toString();
}

export const storePosition = (position: Position): StorePosition => ({
  commit: BigInt(position),
  prepare: BigInt(position),
});
