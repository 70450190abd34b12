/** Limits on the number of entities. At a limit nothing more can be created; existing entities stay and can be changed. */
import { type Refusal, refuse } from '../domain/refusals.js';

/** Infinity: no limit. */
export interface CountLimits {
  /** Pages that a user may own. */
  readonly pagesPerUser: number;
  readonly alarmsPerPage: number;
  /** Alarms on all pages that a user owns. */
  readonly alarmsPerUser: number;
  /** Groups that a user may own. */
  readonly groupsPerUser: number;
  readonly membersPerGroup: number;
  /** Bytes of state of pages that others share with a user, each page counted in steps of 4 KiB (shared-limit.ts). */
  readonly sharedBytesPerUser: number;
}

export const noCountLimits: CountLimits = {
  pagesPerUser: Infinity,
  alarmsPerPage: Infinity,
  alarmsPerUser: Infinity,
  groupsPerUser: Infinity,
  membersPerGroup: Infinity,
  sharedBytesPerUser: Infinity,
};

/** The refusal if `count` entities exist and `limit` is the maximum. `what` is a plural with its verb: 'pages may be owned by one user'. */
export const limitReached = (count: number, limit: number, what: string): Refusal | undefined =>
  count < limit ? undefined : refuse('limit_reached', `At most ${limit} ${what}: remove one first`, { limit });
