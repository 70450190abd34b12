/**
 * From a folded event to what viewers are told, in log order. An event of a page is one message to each viewer of it: an
 * alarm's is the same bytes for all and is published to the page's topic; one of the page itself bears each viewer's own
 * rights. A change of rights takes effect here, between the event before and the event after it.
 */

import type { Right } from '../domain/authorization.js';
import { type AlarmEvent, isAlarmEvent, isPageEvent, type PageEvent } from '../domain/events.js';
import type { Group } from '../domain/group.js';
import type { LivePage } from '../domain/page.js';
import { listed } from '../net/state-text.js';
import type { Folded, LiveState } from '../projections/live-state.js';
import type { PageStates } from '../projections/page-states.js';
import { historyEntry } from '../projections/read-model/alarm-events.js';
import {
  alarmActions,
  alarmUpdate,
  initialState,
  type Place,
  pageAdded,
  pageRemoved,
  pageRights,
  pageUpdate,
} from '../protocol/down-messages.js';
import { pageJson } from '../protocol/views.js';
import { FanOut, type FanOutOptions } from './fan-out.js';
import { type Hub, type Sink, topicOf, type Viewer } from './hub.js';
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
  /** Whether what is published now would be too long on its way. */
  readonly isUrgent: () => boolean;
  /** Unset: as fan-out.ts has it. */
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
  /** The page of the event that is about to be told. */
  #untold: LivePage | undefined;

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

  /** Undefined if the user's sockets have been told all; otherwise resolves when they have. A socket must not join before. */
  whenSettled(userId: string): Promise<void> | undefined {
    const viewer = this.#hub.viewer(userId);
    return viewer && this.#fanOut.whenSettled(viewer);
  }

  /** Tells the viewer what has become of the right on the page, if that is still to be told. */
  settleNow(viewer: Viewer, pageId: string): void {
    this.#fanOut.settleNow(pageId, (other) => other === viewer);
  }

  /** Sends the whole state and subscribes to what comes, with nothing between: both are of the same moment. `resumeId`: of the resume that it answers. */
  join(userId: string, sink: Sink, resumeId?: string): Viewer {
    const { viewer, visible } = this.subscribe(userId, sink);
    const { id, username } = this.#live.users.get(userId)!;
    const alarms = listed(visible.map(({ page }) => this.#pageStates.alarmsJson(page)));
    const pages = visible.map(({ page, right }) => pageJson(page, page.seq, right));
    this.#slowConsumers.sendState(
      viewer,
      sink,
      initialState(resumeId, this.#logId, JSON.stringify({ id, username }), pages.join(','), alarms),
    );
    return viewer;
  }

  /** Subscribes to what comes of the pages that the user may see, and says which these are. What has been has to be sent in the same turn. */
  subscribe(userId: string, sink: Sink): { viewer: Viewer; visible: readonly { page: LivePage; right: Right }[] } {
    const visible = this.#live
      .pagesVisibleTo(userId)
      .map((page) => ({ page, right: this.#live.heldOn(page, userId).right }));
    return { viewer: this.#hub.join(userId, sink, () => visible.map(({ page, right }) => [page.id, right])), visible };
  }

  onFolded(folded: Folded, data: string): void {
    const {
      recorded: { metadata },
      page,
      group,
    } = folded;
    if (group) return this.#groupChanged(folded, group);
    if (!page) return;
    // Whoever holds the page hears of their right before they hear of the event.
    if (this.#fanOut.waiting > 0) {
      this.#untold = page;
      this.#fanOut.settleNow(page.id, (viewer) => viewer.pages.has(page.id));
      this.#untold = undefined;
    }
    this.#pageChanged(folded, page, data);
    // Whoever acts on a page that is still to be told to them has it, event and all, before the answer.
    if (this.#fanOut.waiting > 0) this.#fanOut.settleNow(page.id, ({ userId }) => userId === metadata.by);
  }

  #pageChanged(folded: Folded, page: LivePage, data: string): void {
    const {
      recorded: { event, metadata, revision: seq },
      isVoid,
      formerOwner,
    } = folded;
    const place: Place = { seq, at: metadata.at, by: metadata.by };
    if (!isVoid && isAlarmEvent(event)) return this.#alarmChanged(page.id, event, data, place);
    this.#recent.note(page.id, historyEntry(folded, data));
    if (isVoid) return this.#tellPage(page, 'void', place);
    if (!isPageEvent(event) || isAlarmEvent(event)) return;
    switch (event.type) {
      case 'PageCreated':
        return this.#reconcile(page, [page.owner_id]);
      case 'PageRenamed':
        return this.#tellPage(page, 'renamed', place);
      case 'PageDeleted':
        for (const viewer of [...this.#hub.of(page.id)]) this.#remove(viewer, page);
        return;
      case 'PageShared':
      case 'PageLeft': {
        const told = new Set(this.#hub.of(page.id));
        this.#reconcile(page, this.#subjectsOf(event, metadata.by));
        for (const viewer of told) if (viewer.pages.has(page.id)) this.#tellViewer(viewer, page, 'shared', place, data);
        return;
      }
      case 'PageTransferred': {
        const told = new Set(this.#hub.of(page.id));
        this.#reconcile(page, [page.owner_id, formerOwner ?? page.owner_id]);
        for (const viewer of told) if (viewer.pages.has(page.id)) this.#tellViewer(viewer, page, 'transferred', place);
        return;
      }
      default:
        event satisfies never;
    }
  }

  #alarmChanged(pageId: string, event: AlarmEvent, data: string, place: Place): void {
    const text = alarmUpdate(event.data.alarm_id, pageId, alarmActions[event.type], data, place);
    this.#recent.note(pageId, { seq: place.seq, text });
    const viewers = this.#hub.of(pageId);
    if (viewers.size === 0) return;
    // What a socket was given by its topics goes out before what is sent to it.
    if (this.#isUrgent()) for (const viewer of viewers) send(viewer, text);
    else this.#publish(topicOf(pageId), text);
  }

  /** The users whose rights the event may have changed. */
  #subjectsOf(event: Extract<PageEvent, { type: 'PageShared' | 'PageLeft' }>, by: string): Iterable<string> {
    if (event.type === 'PageLeft') return [by];
    const { subject_type, subject_id } = event.data;
    return subject_type === 'user' ? [subject_id] : (this.#live.groups.get(subject_id)?.members.keys() ?? []);
  }

  /** Gives the page to those of the users who may see it now and could not before, and takes it from those who may no more. */
  #reconcile(page: LivePage, userIds: Iterable<string>): void {
    for (const userId of userIds) {
      const viewer = this.#hub.viewer(userId);
      if (!viewer) continue;
      // Who holds it is told of this very event, or loses it by it; to whom it is new it may come later.
      if (viewer.pages.has(page.id) || userId === page.owner_id) this.#reconcileViewer(viewer, page);
      else this.#fanOut.change(viewer, page.id);
    }
  }

  /** True if the viewer holds the page after as before. */
  #reconcileViewer(viewer: Viewer, page: LivePage): boolean {
    const before = viewer.pages.get(page.id);
    const { right } = this.#live.heldOn(page, viewer.userId);
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

  /** What a group has changed of the viewer's right on a page that is still there. */
  #settle(viewer: Viewer, pageId: string): void {
    const page = this.#live.pages.get(pageId);
    if (!page || viewer.sinks.size === 0) return;
    const before = viewer.pages.get(pageId);
    const stays = this.#reconcileViewer(viewer, page);
    const now = viewer.pages.get(pageId);
    const seq = page === this.#untold ? page.seq - 1 : page.seq;
    if (stays && now !== undefined && now !== before) send(viewer, pageRights(pageJson(page, seq, now)));
  }

  #remove(viewer: Viewer, page: LivePage): void {
    send(viewer, pageRemoved(page.id));
    this.#hub.take(viewer, page.id);
  }

  #groupChanged({ recorded: { event }, formerOwner, unshared }: Folded, group: Group): void {
    switch (event.type) {
      case 'GroupMemberAdded':
      case 'GroupMemberRemoved':
        return this.#memberChanged(group.id, event.data.user_id);
      case 'GroupTransferred':
        for (const userId of [group.owner_id, formerOwner]) if (userId) this.#memberChanged(group.id, userId);
        return;
      case 'GroupDeleted': {
        const viewers = Array.from(group.members.keys(), (userId) => this.#hub.viewer(userId));
        return this.#fanOut.changeAll(
          viewers.filter((viewer) => viewer !== undefined),
          unshared ?? [],
        );
      }
      default:
    }
  }

  #memberChanged(groupId: string, userId: string): void {
    const viewer = this.#hub.viewer(userId);
    if (viewer) for (const pageId of this.#live.pagesGrantedTo('group', groupId)) this.#fanOut.change(viewer, pageId);
  }

  #tellPage(page: LivePage, action: string, place: Place): void {
    for (const viewer of this.#hub.of(page.id)) this.#tellViewer(viewer, page, action, place);
  }

  #tellViewer(viewer: Viewer, page: LivePage, action: string, place: Place, shareJson?: string): void {
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
