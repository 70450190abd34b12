/** Places in what viewers received where a delivery bug can be inserted, and its appearance there. */
import type { Entry, Message } from './recorded.js';
import type { RecordedRun } from './recorded-delivery.js';
import { ReferenceModel } from './reference-model.js';
import type { PageEntry } from './viewer-model.js';
import { pageDiffers } from './wording.js';

export type Heard = Extract<Entry, { kind: 'heard' }>;

/** Places in what viewers received where the bug could be inserted; `which` chooses. */
export function heardWhere(
  recorded: RecordedRun,
  which: number,
  fits: (entry: Heard, entries: readonly Entry[], at: number) => boolean,
): { entries: Entry[]; at: number; entry: Heard } | undefined {
  const places = recorded.viewers.flatMap(({ entries }) =>
    entries.flatMap((entry, at) =>
      entry.kind === 'heard' && fits(entry, entries, at) ? [{ entries, at, entry }] : [],
    ),
  );
  return places[which % places.length];
}

export const isUpdate = ({ message }: Heard): boolean =>
  message.type === 'alarm_update' || message.type === 'page_update';

/** Whether it gives the viewer the page. */
export const gives = ({ message: { type, payload } }: Heard, page: string): boolean =>
  type === 'page_added' && payload.page.id === page;

/** The page as an older state that this viewer was sent has it, if a later update of it was received before `order`. */
export function olderState(
  { viewers }: RecordedRun,
  entries: readonly Entry[],
  page: string,
  order: number,
): Pick<Message['payload'], 'page' | 'alarms'> | undefined {
  const newest = seqHeard(viewers, page, order);
  for (const entry of entries) {
    if (entry.order >= order || entry.kind !== 'heard') continue;
    const { type, payload } = entry.message;
    const shown =
      type === 'initial_state'
        ? payload.pages.find(({ id }: { id: string }) => id === page)
        : type === 'page_added' && payload.page.id === page
          ? payload.page
          : undefined;
    if (shown && shown.seq < newest)
      return { page: shown, alarms: payload.alarms.filter((alarm: { page_id: string }) => alarm.page_id === page) };
  }
  return undefined;
}

/** The highest seq of an update of the page that any viewer had received before `order`. */
export const seqHeard = (viewers: RecordedRun['viewers'], page: string, order: number): number =>
  Math.max(
    -1,
    ...viewers.flatMap(({ entries }) =>
      entries.flatMap((entry) =>
        entry.kind === 'heard' && entry.order < order && isUpdate(entry) && entry.message.payload.page_id === page
          ? [entry.message.payload.seq as number]
          : [],
      ),
    ),
  );

/** When what the entry answers was asked for. */
export const askedAt = (entries: readonly Entry[], { message: { id } }: Heard): number =>
  entries.find((entry) => (entry.kind === 'resume' || entry.kind === 'sync') && entry.id === id)!.order;

/** The same entry of a resumed or page_state as a node would have made it one update earlier, if it ends with one of an alarm and the viewer's right was the same before that. */
export function oneUpdateLess(
  { events, viewers }: RecordedRun,
  entries: readonly Entry[],
  entry: PageEntry,
): PageEntry | undefined {
  if (entry.updates?.at(-1)?.type !== 'alarm_update') return undefined;
  const { user } = viewers.find((viewer) => viewer.entries === entries)!;
  const reference = new ReferenceModel(events, [user]);
  const page = { ...entry.page, seq: entry.page.seq - 1 };
  const isSo = reference
    .steps(user, page.id)
    .some(
      ({ seq, right }) =>
        seq === page.seq &&
        right !== 'none' &&
        pageDiffers(reference.pages.get(page.id)!, seq, right, page).length === 0,
    );
  return isSo ? { ...entry, page, updates: entry.updates.slice(0, -1) } : undefined;
}

/** Whether an update that is not received is missed: the last one before a cut is no loss, and a state replaces it. */
export function isMissedBy(update: Heard, entries: readonly Entry[]): boolean {
  const page: string = update.message.payload.page_id;
  const next = entries.find(
    (entry): entry is Heard =>
      entry.order > update.order &&
      entry.kind === 'heard' &&
      (entry.message.payload.page_id ?? entry.message.payload.page?.id) === page,
  );
  return next !== undefined && next.connection === update.connection && isUpdate(next);
}

export const openedAt = (entries: readonly Entry[], connection: number): number | undefined =>
  entries.find((entry) => entry.kind === 'opening' && entry.connection === connection)?.order;

/** Puts the entry in the place of that page in a resumed. */
export function replacePage(
  { entries, at, entry }: NonNullable<ReturnType<typeof heardWhere>>,
  page: string,
  by: Message['payload'],
): void {
  const { payload } = entry.message;
  entries[at] = {
    ...entry,
    message: {
      ...entry.message,
      payload: { ...payload, pages: payload.pages.map((one: Message['payload']) => (one.page.id === page ? by : one)) },
    },
  };
}
