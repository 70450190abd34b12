/** Every attack that --hostile knows. */
import type { Attack } from './attack.js';
import { closingSockets } from './attacks/closing-sockets.js';
import { disk } from './attacks/disk.js';
import { emptyFrames } from './attacks/empty-frames.js';
import { forcedPages } from './attacks/forced-pages.js';
import { groupChanges, groupWithPages } from './attacks/groups.js';
import { heap, pageChurn } from './attacks/heap.js';
import { descriptors, tickets } from './attacks/places.js';
import { reads } from './attacks/reads.js';
import { fragments, unreadStates } from './attacks/states.js';
import { waitingPlaces } from './attacks/waiting-places.js';
import { longNames, registrations } from './attacks/without-account.js';

export const attacks: readonly Attack[] = [
  closingSockets,
  heap,
  emptyFrames,
  longNames,
  registrations,
  groupChanges,
  waitingPlaces,
  groupWithPages,
  unreadStates,
  forcedPages,
  fragments,
  reads,
  disk,
  descriptors,
  tickets,
  pageChurn,
];

/** All of them by one user at the same time. */
export const TOGETHER = 'together';

/** The attacks of a name; undefined for one that is not known. */
export function attacksNamed(name: string): readonly Attack[] | undefined {
  if (name === TOGETHER) return attacks;
  const attack = attacks.find((one) => one.name === name);
  return attack && [attack];
}
