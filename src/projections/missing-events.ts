/** Recognises a log that lacks events of a page or a group. */
import type { Group } from '../domain/group.js';
import type { LivePage } from '../domain/page.js';
import { idOf } from '../domain/streams.js';
import type { RecordedEvent } from '../log/event-log.js';

export interface Revisions {
  readonly pages: ReadonlyMap<string, LivePage>;
  readonly groups: ReadonlyMap<string, Group>;
}

/** Throws if events of the page or group before this one are missing, because its state would be wrong from then on. */
export function requireNext({ pages, groups }: Revisions, { event, stream, revision, position }: RecordedEvent): void {
  const id = idOf(stream);
  const last = pages.get(id)?.seq ?? groups.get(id)?.revision;
  const expected =
    last !== undefined ? last + 1 : event.type === 'PageCreated' || event.type === 'GroupCreated' ? 0 : revision;
  if (revision !== expected)
    throw new Error(
      `The log is incomplete: the event at position ${position} is revision ${revision} of ${stream}, but revision ${expected} was expected. No later event was read; restore a complete backup`,
    );
}
