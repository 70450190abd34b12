/**
 * Brings a viewer of a page from the seq they hold up to date: with the messages they missed or with the page's state, whichever is
 * smaller. It is decided and built synchronously from data in memory, so it is consistent with the subscription: no right or seq
 * can change in between. If the messages are not available at once, the state is sent.
 */

import type { Right } from '../domain/authorization.js';
import type { AlarmEvent, PageEvent } from '../domain/events.js';
import type { LivePage } from '../domain/page.js';
import type { StateText } from '../net/state-text.js';
import type { PageStates } from '../projections/page-states.js';
import { pageUpdate } from '../protocol/down-messages.js';
import { pageJson } from '../protocol/views.js';
import type { PastEvent, RecentUpdates, RowBudget } from './recent-updates.js';

/** Minimum length of an update, and of an alarm within a state, in characters. This usually shows which is smaller without building both. */
const SHORTEST_UPDATE = 300;
const SHORTEST_ALARM = 150;

/** Where the messages and states come from. */
export interface PageSources {
  readonly recent: RecentUpdates;
  readonly pageStates: PageStates;
}

/** The messages of the events after `seq`, oldest first; or 'state' if the state should be sent instead. */
export function missedUpdates(
  { recent, pageStates }: PageSources,
  page: LivePage,
  right: Right,
  seq: number,
  budget: RowBudget,
): readonly string[] | 'state' {
  const missed = page.seq - seq;
  if (missed < 0 || isOverState(pageStates, page, missed * SHORTEST_UPDATE)) return 'state';
  const events = recent.since(page.id, seq, page.seq, budget);
  const messages = events && messagesOf(events, page, right);
  if (!messages) return 'state';
  return isOverState(
    pageStates,
    page,
    messages.reduce((sum, message) => sum + message.length + 1, 0),
  )
    ? 'state'
    : messages;
}

/** The JSON entry of a page in an answer, for a client that holds it at `seq`, or does not hold it. */
export function pageEntry(
  sources: PageSources,
  page: LivePage,
  right: Right,
  seq: number | undefined,
  budget: RowBudget,
): StateText {
  const updates = seq === undefined ? 'state' : missedUpdates(sources, page, right, seq, budget);
  const view = `{"page":${pageJson(page, page.seq, right)}`;
  if (updates === 'state') return [`${view},"alarms":[`, ...sources.pageStates.alarmsJson(page), ']}'];
  return [`${view},"updates":[${updates.join(',')}]}`];
}

const isOverState = (pageStates: PageStates, page: LivePage, length: number): boolean =>
  length > page.alarms.size * SHORTEST_ALARM && length > pageStates.lengthOf(page);

/** Name and owner of a page, as an event that changes one of them tells both. */
interface Named {
  readonly name: string;
  readonly owner_id: string;
}

/** The action of the page_update for each event of the page itself. Creation and deletion are never repeated: they give and take the page. */
const actions: Readonly<
  Record<Exclude<PageEvent, AlarmEvent>['type'], 'renamed' | 'transferred' | 'shared' | undefined>
> = {
  PageCreated: undefined,
  PageRenamed: 'renamed',
  PageTransferred: 'transferred',
  /** Its message holds whole alarms, which the row does not: the state is sent. */
  PageAcknowledged: undefined,
  PageShared: 'shared',
  PageLeft: 'shared',
  PageDeleted: undefined,
};
const actionByType: ReadonlyMap<string, string | undefined> = new Map(Object.entries(actions));

/** Whether the event contains the page's name and owner. */
const tellsNames = (event: PastEvent): boolean =>
  'type' in event && (event.type === 'PageRenamed' || event.type === 'PageTransferred') && !event.void;

/** Undefined if a page_update would need a name or an owner that the page had before, and that no event here tells. */
function messagesOf(events: readonly PastEvent[], page: LivePage, right: Right): string[] | undefined {
  let named: Named | undefined = events.some(tellsNames) ? undefined : page;
  const messages: string[] = [];
  for (const event of events) {
    if ('text' in event) {
      messages.push(event.text);
      continue;
    }
    if (tellsNames(event)) named = JSON.parse(event.data) as Named;
    if (named === undefined) return undefined;
    const action = event.void ? 'void' : actionByType.get(event.type);
    if (action === undefined) return undefined;
    const view = pageJson({ id: page.id, name: named.name, owner_id: named.owner_id }, event.seq, right);
    messages.push(
      pageUpdate(page.id, action, view, event, action === 'shared' && right === 'own' ? event.data : undefined),
    );
  }
  return messages;
}
