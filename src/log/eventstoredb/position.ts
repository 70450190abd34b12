/** Positions of EventStoreDB as the port has them: one decimal number of any length, exact where a JavaScript number is not. */
import type { Position as StorePosition } from '@eventstore/db-client';
import type { Position } from '../event-log.js';

/** Commit and prepare are one and the same for what is appended over gRPC; where they are not, the event is not of our writing. */
export function positionOf({ commit, prepare }: StorePosition): Position {
  if (commit !== prepare)
    throw new Error(
      `EventStoreDB gave the position ${commit}/${prepare}: events written in explicit transactions are not understood`,
    );
  return commit.toString();
}

export const storePosition = (position: Position): StorePosition => ({
  commit: BigInt(position),
  prepare: BigInt(position),
});
