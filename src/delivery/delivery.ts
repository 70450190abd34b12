/**
 * Sends folded events to viewers, in log order. An event of a page is one message to each of its viewers. An alarm event has the
 * same bytes for all and is published to the page's topic; an event of the page itself holds each viewer's own rights. A change of
 * rights takes effect here, between the events before and after it.
 */

import type { Alarm } from '../domain/alarm.js';
import type { Right } from '../domain/authorization.js';
import { type AlarmEvent, isAlarmEvent, isGroupEvent, isPageEvent, type PageEvent } from '../domain/events.js';
import type { Group } from '../domain/group.js';
import type { LivePage } from '../domain/page.js';
import { listed } from '../net/state-text.js';
import type { Folded, LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import type { HistoryEntry } from '../projections/read-model/alarm-events.js';
import { alarmAction } from '../protocol/alarm-changes.js';
import {
  alarmUpdate,
  type EventStamp,
  initialState,
  pageAcknowledged,
  pageAdded,
  pageRemoved,
  pageRights,
  pageUpdate,
} from '../protocol/down-messages.js';
import { pageJson } from '../protocol/views.js';
import { FanOut, type FanOutOptions } from './fan-out.js';
import { type Hub, type Reader, type Sink, topicOf, type Viewer } from './hub.js';
import type { RecentUpdates } from './recent-updates.js';
import type { SlowConsumers } from './slow-consumers.js';

export interface DeliveryParts {
  readonly live: LiveState;
  readonly logId: string;
  readonly hub: Hub;
  readonly recent: RecentUpdates;
  readonly pageStates: PageStates;
  readonly slowConsumers: SlowConsumers;
  readonly publish: (topic: string, text: string) => void;
  /** Whether a topic would deliver too late in this iteration; then each socket is sent to directly. */
  readonly isUrgent: () => boolean;
  /** Undefined: the defaults of fan-out.ts. */
  readonly fanOut?: Omit<FanOutOptions, 'settle'>;
}

export class Delivery {
  readonly #live: LiveState;
  readonly #logId: string;
  readonly #hub: Hub;
  readonly #recent: RecentUpdates;
  readonly #pageStates: PageStates;
  readonly #slowConsumers: SlowConsumers;
  readonly #publish: (topic: string, text: string) => void;
  readonly #isUrgent: () => boolean;
  readonly #fanOut: FanOut;
  /** The page of the event that is about to be sent. */
  #unsentPage: LivePage | undefined;

  constructor({ live, logId, hub, recent, pageStates, slowConsumers, publish, isUrgent, fanOut }: DeliveryParts) {
    this.#live = live;
    this.#logId = logId;
    this.#hub = hub;
    this.#recent = recent;
    this.#pageStates = pageStates;
    this.#slowConsumers = slowConsumers;
    this.#publish = publish;
    this.#isUrgent = isUrgent;
    this.#fanOut = new FanOut({ ...fanOut, settle: (viewer, pageId) => this.#settle(viewer, pageId) });
  }

  /** Undefined if the reader's sockets have received all pending changes; otherwise resolves when they have. A socket must not join before. */
  whenSettled(reader: Reader): Promise<void> | undefined {
    const viewer = this.#hub.viewer(reader);
    return viewer && this.#fanOut.whenSettled(viewer);
  }

  /** Sends the viewer's pending change of rights on the page, if there is one. */
  settleNow(viewer: Viewer, pageId: string): void {
    this.#fanOut.settleNow(pageId, (other) => other === viewer);
  }

  /** Sends the whole state and subscribes to later events, atomically: both are of the same moment. `resumeId`: id of the resume that it answers. */
  join(reader: Reader, sink: Sink, resumeId?: string): Viewer {
    const { viewer, visible } = this.subscribe(reader, sink);
    const { id, username } = this.#live.users.get(reader.userId)!;
    const alarms = listed(visible.map(({ page }) => this.#pageStates.alarmsJson(page)));
    const pages = visible.map(({ page, right }) => pageJson(page, page.seq, right));
    this.#slowConsumers.sendState(
      viewer,
      sink,
      initialState(resumeId, this.#logId, JSON.stringify({ id, username }), pages.join(','), alarms),
    );
    return viewer;
  }

  /**
   * Subscribes to the pages that the reader may see, and returns them. The caller has to send earlier events in the same iteration of
   * the event loop.
   */
  subscribe(reader: Reader, sink: Sink): { viewer: Viewer; visible: readonly { page: LivePage; right: Right }[] } {
    const visible = this.#live
      .pagesVisibleTo(reader.userId)
      .map((page) => ({ page, right: this.#rightOf(reader, page) }))
      .filter(({ right }) => right !== 'none');
    return { viewer: this.#hub.join(reader, sink, () => visible.map(({ page, right }) => [page.id, right])), visible };
  }

  #rightOf({ userId, only }: Reader, page: LivePage): Right {
    return only?.has(page.id) === false ? 'none' : this.#live.heldOn(page, userId).right;
  }

  /** `data`: the event's rendering. `entry`: of an event of a page, its entry in the page's history. */
  onFolded(folded: Folded, data: string, entry: HistoryEntry | undefined): void {
    const {
      recorded: { event, metadata },
      page,
      group,
    } = folded;
    if (group) return this.#groupChanged(folded, group);
    if (event.type === 'UserTextsErased') this.#recent.forget();
    if (!page || !entry) return;
    // A viewer of the page receives a change of their right before the event.
    if (this.#fanOut.waiting > 0) {
      this.#unsentPage = page;
      this.#fanOut.settleNow(page.id, (viewer) => viewer.pages.has(page.id));
      this.#unsentPage = undefined;
    }
    this.#pageChanged(folded, page, data, entry);
    // An actor whose page is still pending receives it, this event included, before the answer.
    if (this.#fanOut.waiting > 0) this.#fanOut.settleNow(page.id, ({ userId }) => userId === metadata.by);
  }

  #pageChanged(folded: Folded, page: LivePage, data: string, entry: HistoryEntry): void {
    const {
      recorded: { event, metadata },
      isVoid,
      formerOwner,
      alarms = [],
    } = folded;
    if (!isVoid && isAlarmEvent(event)) return this.#alarmChanged(page.id, event, entry);
    // A resume past an acknowledgement of the page is answered with the state: what it changed need not be kept.
    this.#recent.note(page.id, event.type === 'PageAcknowledged' ? { ...entry, data: '{}' } : entry);
    if (isVoid) return this.#sendPageUpdate(page, 'void', entry);
    if (!isPageEvent(event) || isAlarmEvent(event)) return;
    switch (event.type) {
      case 'PageCreated':
        return this.#reconcile(page, [page.owner_id]);
      case 'PageRenamed':
        return this.#sendPageUpdate(page, 'renamed', entry);
      case 'PageDeleted':
        for (const viewer of [...this.#hub.of(page.id)]) this.#remove(viewer, page);
        return;
      case 'PageShared':
      case 'PageLeft': {
        const viewers = new Set(this.#hub.of(page.id));
        this.#reconcile(page, this.#subjectsOf(event, metadata.by));
        for (const viewer of viewers)
          if (viewer.pages.has(page.id)) this.#sendPageUpdateTo(viewer, page, 'shared', entry, data);
        return;
      }
      case 'PageTransferred': {
        const viewers = new Set(this.#hub.of(page.id));
        this.#reconcile(page, [page.owner_id, formerOwner ?? page.owner_id]);
        for (const viewer of viewers)
          if (viewer.pages.has(page.id)) this.#sendPageUpdateTo(viewer, page, 'transferred', entry);
        return;
      }
      case 'PageAcknowledged':
        return this.#sendAcknowledged(page, alarms, entry);
      default:
        event satisfies never;
    }
  }

  /** Its alarms may be as many as the page has: they are sent, and counted, as a state. */
  #sendAcknowledged(page: LivePage, alarms: readonly Alarm[], entry: HistoryEntry): void {
    const viewers = this.#hub.of(page.id);
    if (viewers.size === 0) return;
    const { upto, comment } = JSON.parse(entry.data) as { readonly upto: number; readonly comment?: string | null };
    const acknowledgement = { upto, commentJson: comment === undefined ? undefined : JSON.stringify(comment) };
    const alarmsJson = Buffer.from(alarms.map((alarm) => this.#pageStates.alarmJson(alarm)).join(','));
    for (const viewer of viewers) {
      const right = viewer.pages.get(page.id);
      if (right === undefined) continue;
      const text = pageAcknowledged(page.id, pageJson(page, entry.seq, right), entry, acknowledgement, alarmsJson);
      for (const sink of viewer.sinks) this.#slowConsumers.sendState(viewer, sink, text);
    }
  }

  #alarmChanged(pageId: string, event: AlarmEvent, entry: HistoryEntry): void {
    const { data, change } = entry;
    const text = alarmUpdate(event.data.alarm_id, pageId, alarmAction(event.type, change, data), data, entry, change);
    this.#recent.note(pageId, { seq: entry.seq, text });
    const viewers = this.#hub.of(pageId);
    if (viewers.size === 0) return;
    // A socket's topic messages have to be sent before messages sent to it directly.
    if (this.#isUrgent()) for (const viewer of viewers) send(viewer, text);
    else this.#publish(topicOf(pageId), text);
  }

  /** The users whose rights the event may have changed. */
  #subjectsOf(event: Extract<PageEvent, { type: 'PageShared' | 'PageLeft' }>, by: string): Iterable<string> {
    if (event.type === 'PageLeft') return [by];
    const { subject_type, subject_id } = event.data;
    return subject_type === 'user' ? [subject_id] : (this.#live.groups.get(subject_id)?.members.keys() ?? []);
  }

  /** Adds the page for those of the users who may see it now and could not before, and removes it for those who may no longer. */
  #reconcile(page: LivePage, userIds: Iterable<string>): void {
    for (const userId of userIds)
      for (const viewer of this.#hub.viewersOf(userId)) {
        // A viewer who holds the page gets this event or loses the page through it; for the others the page may follow later.
        if (viewer.pages.has(page.id) || userId === page.owner_id) this.#reconcileViewer(viewer, page);
        else this.#fanOut.change(viewer, page.id);
      }
  }

  /** True if the viewer held the page before and still does. */
  #reconcileViewer(viewer: Viewer, page: LivePage): boolean {
    const before = viewer.pages.get(page.id);
    const right = this.#rightOf(viewer, page);
    if (right === 'none') {
      if (before !== undefined) this.#remove(viewer, page);
      return false;
    }
    this.#hub.give(viewer, page.id, right);
    if (before !== undefined) return true;
    const text = pageAdded(pageJson(page, page.seq, right), this.#pageStates.alarmsJson(page));
    for (const sink of viewer.sinks) this.#slowConsumers.sendState(viewer, sink, text);
    return false;
  }

  /** Sends the effect of a group change on the viewer's right on a page that still exists. */
  #settle(viewer: Viewer, pageId: string): void {
    const page = this.#live.pages.get(pageId);
    if (!page || viewer.sinks.size === 0) return;
    const before = viewer.pages.get(pageId);
    const stays = this.#reconcileViewer(viewer, page);
    const now = viewer.pages.get(pageId);
    const seq = page === this.#unsentPage ? page.seq - 1 : page.seq;
    if (stays && now !== undefined && now !== before) send(viewer, pageRights(pageJson(page, seq, now)));
  }

  #remove(viewer: Viewer, page: LivePage): void {
    send(viewer, pageRemoved(page.id));
    this.#hub.take(viewer, page.id);
  }

  #groupChanged({ recorded: { event }, formerOwner, unshared }: Folded, group: Group): void {
    if (!isGroupEvent(event)) return;
    switch (event.type) {
      case 'GroupMemberAdded':
      case 'GroupMemberRemoved':
        return this.#memberChanged(group.id, event.data.user_id);
      case 'GroupTransferred':
        for (const userId of [group.owner_id, formerOwner]) if (userId) this.#memberChanged(group.id, userId);
        return;
      case 'GroupDeleted': {
        const viewers = [...group.members.keys()].flatMap((userId) => this.#hub.viewersOf(userId));
        return this.#fanOut.changeAll(viewers, unshared ?? []);
      }
      case 'GroupCreated':
      case 'GroupRenamed':
        return;
      default:
        event satisfies never;
    }
  }

  #memberChanged(groupId: string, userId: string): void {
    for (const viewer of this.#hub.viewersOf(userId))
      for (const pageId of this.#live.pagesGrantedTo('group', groupId)) this.#fanOut.change(viewer, pageId);
  }

  #sendPageUpdate(page: LivePage, action: string, place: EventStamp): void {
    for (const viewer of this.#hub.of(page.id)) this.#sendPageUpdateTo(viewer, page, action, place);
  }

  #sendPageUpdateTo(viewer: Viewer, page: LivePage, action: string, place: EventStamp, shareJson?: string): void {
    const right = viewer.pages.get(page.id);
    if (right === undefined) return;
    send(
      viewer,
      pageUpdate(page.id, action, pageJson(page, place.seq, right), place, right === 'own' ? shareJson : undefined),
    );
  }
}

const send = (viewer: Viewer, text: string): void => {
  for (const sink of viewer.sinks) sink.push(text);
};
