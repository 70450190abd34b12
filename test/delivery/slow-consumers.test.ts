/** A state on its way to a slow consumer: what is held back after it, and how its socket catches up. The test controls the connection. */
import t, { type Test } from 'tap';
import { Delivery } from '../../src/delivery/delivery.js';
import { Hub, type Sink, topicOf, type Viewer } from '../../src/delivery/hub.js';
import { RecentUpdates } from '../../src/delivery/recent-updates.js';
import { HOLD_BACKLOG, SlowConsumers } from '../../src/delivery/slow-consumers.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import type { StateText } from '../../src/net/state-text.js';
import { renderEvent } from '../../src/projections/event-rendering.js';
import { LiveState } from '../../src/projections/live-state.js';
import { PageStates } from '../../src/projections/page-states.js';
import { historyEntry } from '../../src/projections/read-model/alarm-events.js';
import { Recording } from '../domain/recording.js';

interface Heard {
  readonly type: string;
  readonly payload: any;
}

/** A socket whose connection takes nothing until the test allows it; one state is over the limit, an update is small. */
class Link implements Sink {
  readonly heard: Heard[] = [];
  readonly topics = new Set<string>();
  isHeld = false;
  backlog = 0;
  readonly isSendingState = false;
  /** Bytes unsent behind each message that bears a state of alarms. */
  stateWeight = HOLD_BACKLOG + 1;

  send(text: string): void {
    this.push(text);
  }
  push(text: string | StateText): void {
    if (!this.isHeld) this.write(text);
  }
  write(text: string | StateText): void {
    const message = JSON.parse(typeof text === 'string' ? text : text.join('')) as Heard;
    this.heard.push(message);
    this.backlog += message.type === 'alarm_update' ? 1 : this.stateWeight;
  }
  defer(action: () => void): void {
    action();
  }
  hold(): void {
    this.isHeld = true;
    this.topics.clear();
  }
  release(topics: readonly string[]): void {
    this.isHeld = false;
    for (const topic of topics) this.topics.add(topic);
  }
  subscribe(topic: string): void {
    if (!this.isHeld) this.topics.add(topic);
  }
  unsubscribe(topic: string): void {
    this.topics.delete(topic);
  }

  /** What was received since the last call: page, what, and its seq. */
  said(): string[] {
    return this.heard.splice(0).map(({ type, payload }) => {
      if (type === 'initial_state')
        return `initial_state ${payload.pages.map(({ id, seq }: any) => `${id}@${seq}`).join(' ')}`;
      if (type === 'alarm_update') return `${payload.page_id} ${payload.seq}`;
      if (type === 'page_update') return `${payload.page_id} ${payload.seq} ${payload.action}`;
      if (type === 'page_removed') return `${payload.page_id} removed`;
      return `${type} ${payload.page.id}@${payload.page.seq}${type === 'page_rights' ? (payload.page.can_edit ? ' edit' : ' view') : ` with ${payload.alarms.length}`}`;
    });
  }
}

/** Olga's pages, and Vera, who may view those granted to her, over a slow connection. */
class Scene {
  readonly live = new LiveState();
  readonly link = new Link();
  readonly slowConsumers: SlowConsumers;
  readonly delivery: Delivery;
  viewer: Viewer | undefined;
  isUrgent = false;
  readonly #recording = new Recording();

  constructor(t: Test) {
    const parts = {
      live: this.live,
      hub: new Hub(),
      recent: new RecentUpdates({ ofPage: () => [] }),
      pageStates: new PageStates(),
    };
    this.slowConsumers = new SlowConsumers(parts);
    const publish = (topic: string, text: string): void => {
      if (!this.link.topics.has(topic)) return;
      t.notOk(this.link.isHeld, 'nothing is published to a socket that is held back');
      this.link.write(text);
    };
    this.delivery = new Delivery({
      ...parts,
      logId: 'a log',
      slowConsumers: this.slowConsumers,
      publish,
      isUrgent: () => this.isUrgent,
    });
    for (const id of ['olga', 'vera'])
      this.happens(`username-${id}`, id, { type: 'UserRegistered', data: { user_id: id, username: id } });
  }

  happens(stream: string, by: string, event: DomainEvent): void {
    const folded = this.live.fold(this.#recording.record(stream, by, event));
    const data = renderEvent(this.live, folded);
    this.delivery.onFolded(folded, data, historyEntry(folded, data));
  }

  /** Makes pages, each with `alarms` alarms; Vera may view them. */
  pages(...ids: string[]): this {
    for (const id of ids) {
      this.happens(pageStream(id), 'olga', { type: 'PageCreated', data: { name: id, owner_id: 'olga' } });
      for (let at = 0; at < 10; at += 1)
        this.happens(pageStream(id), 'olga', {
          type: 'AlarmCreated',
          data: { alarm_id: `${id} ${at}`, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
        });
      this.grants(id);
    }
    return this;
  }

  grants(id: string, right: 'view' | 'edit' | 'nothing' = 'view'): this {
    this.happens(pageStream(id), 'olga', {
      type: 'PageShared',
      data: { subject_type: 'user', subject_id: 'vera', can_view: right !== 'nothing', can_edit: right === 'edit' },
    });
    return this;
  }

  triggers(id: string, times = 1): this {
    for (let price = 1; price <= times; price += 1)
      this.happens(pageStream(id), 'olga', { type: 'AlarmTriggered', data: { alarm_id: `${id} 0`, price } });
    return this;
  }

  joins(): this {
    this.viewer = this.delivery.join({ userId: 'vera' }, this.link);
    return this;
  }

  /** All that the link was given is on its way. */
  drains(): this {
    this.link.backlog = 0;
    this.slowConsumers.drained({ userId: 'vera' }, this.link);
    return this;
  }
}

t.test('DLV-11 a state that leaves little unsent holds nothing back', async (t) => {
  const scene = new Scene(t).pages('eur');
  scene.link.stateWeight = HOLD_BACKLOG;
  scene.joins().triggers('eur');
  t.equal(scene.link.isHeld, false);
  t.same(scene.link.said(), ['initial_state eur@11', 'eur 12']);
});

t.test(
  'DLV-11 behind a large state nothing of pages is sent until it has drained; then come the missed updates, in order, and what follows',
  async (t) => {
    const scene = new Scene(t).pages('eur', 'usd').joins().triggers('eur', 2).triggers('usd');
    t.equal(scene.link.isHeld, true);
    t.same(scene.link.said(), ['initial_state eur@11 usd@11']);
    scene.drains();
    t.same(scene.link.said(), ['eur 12', 'eur 13', 'usd 12']);
    t.same([...scene.link.topics].sort(), ['eur', 'usd'].map(topicOf));
    t.same(scene.triggers('usd').link.said(), ['usd 13'], 'it is told again at once');
  },
);

t.test(
  'STORM-7 DLV-11 what is pushed in the middle of a long iteration reaches the subscribers of the topic, in order, and no held socket',
  async (t) => {
    const scene = new Scene(t).pages('eur', 'usd').grants('usd', 'nothing');
    scene.link.stateWeight = 0;
    scene.joins().triggers('eur');
    scene.isUrgent = true;
    scene.triggers('eur').triggers('usd');
    scene.isUrgent = false;
    scene.triggers('eur');
    t.same(scene.link.said(), ['initial_state eur@11', 'eur 12', 'eur 13', 'eur 14']);
    const held = new Scene(t).pages('eur').joins();
    held.isUrgent = true;
    held.triggers('eur');
    t.same(held.link.said(), ['initial_state eur@11']);
    t.same(held.drains().link.said(), ['eur 12']);
  },
);

t.test('DLV-11 a socket that was not held back needs nothing more when all has drained', async (t) => {
  const scene = new Scene(t).pages('eur');
  scene.link.stateWeight = 0;
  scene.joins().drains();
  t.same(scene.link.said(), ['initial_state eur@11'], 'it is at the present as it is');
});

t.test('DLV-11 a page with more to tell than its state is comes as its state', async (t) => {
  const scene = new Scene(t).pages('eur').joins().triggers('eur', 100);
  t.same(scene.link.said(), ['initial_state eur@11']);
  scene.link.stateWeight = 1;
  t.same(scene.drains().link.said(), ['page_added eur@111 with 10']);
  t.same(scene.triggers('eur').link.said(), ['eur 112']);
});

t.test(
  'DLV-3 DLV-11 rights that came and went while it was held back: what was lost is taken first, what was gained comes whole',
  async (t) => {
    const scene = new Scene(t).pages('eur', 'usd').joins();
    scene.link.said();
    scene.grants('usd', 'nothing').triggers('usd', 3).pages('gbp').grants('eur', 'edit');
    t.same(scene.link.said(), [], 'it receives nothing of it');
    scene.link.stateWeight = 1;
    t.same(scene.drains().link.said(), [
      'usd removed',
      'eur 12 shared',
      'page_rights eur@12 edit',
      'page_added gbp@11 with 10',
    ]);
    t.same(scene.triggers('usd').triggers('gbp').link.said(), ['gbp 12'], 'nothing follows of what was lost');
  },
);

t.test(
  'DLV-3 DLV-11 a page that was taken and given again meanwhile is told with all that happened to it',
  async (t) => {
    const scene = new Scene(t).pages('eur').joins();
    scene.link.said();
    scene.grants('eur', 'nothing').triggers('eur').grants('eur');
    scene.link.stateWeight = 1;
    t.same(scene.drains().link.said(), ['eur 12 shared', 'eur 13', 'eur 14 shared']);
  },
);

t.test('DLV-4 DLV-11 a right through a group that came while it was held back is told with the rest', async (t) => {
  const scene = new Scene(t).pages('eur');
  scene.happens(groupStream('desk'), 'olga', { type: 'GroupCreated', data: { name: 'Desk', owner_id: 'olga' } });
  scene.happens(pageStream('eur'), 'olga', {
    type: 'PageShared',
    data: { subject_type: 'group', subject_id: 'desk', can_view: true, can_edit: true },
  });
  scene.joins().link.said();
  scene.happens(groupStream('desk'), 'olga', { type: 'GroupMemberAdded', data: { user_id: 'vera' } });
  scene.link.stateWeight = 1;
  t.same(scene.drains().link.said(), ['page_rights eur@12 edit']);
});

t.test(
  'DLV-11 on a link too slow for all pages at once, each drain brings the one told longest ago, and none is forgotten',
  async (t) => {
    const scene = new Scene(t).pages('a', 'b', 'c').joins();
    scene.link.said();
    const told: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      // More than a state's worth on each: so each comes as a state, and fills the link.
      for (const id of ['a', 'b', 'c']) scene.triggers(id, 50);
      scene.drains();
      told.push(...scene.link.said().map((text) => text.replace(/@.*/, '')));
      t.equal(scene.link.isHeld, true);
    }
    t.same(
      told,
      ['a', 'b', 'c', 'a', 'b', 'c'].map((id) => `page_added ${id}`),
    );
    scene.drains().drains().drains().drains();
    t.equal(scene.link.isHeld, false);
    t.same(
      scene.link
        .said()
        .filter((text) => text.startsWith('page_added'))
        .map((text) => text.replace(/ with.*/, ''))
        .sort(),
      ['page_added a@311', 'page_added b@311'],
      'and c was told all already',
    );
  },
);

t.test('DLV-11 while one state is on its way no other is sent behind it', async (t) => {
  const scene = new Scene(t).pages('eur').joins();
  scene.link.said();
  scene.slowConsumers.sendState(scene.viewer!, scene.link, ['{"type":"page_added","payload":{}}']);
  t.same(scene.link.said(), []);
});

t.test('DLV-11 a socket that has closed while it was held back is forgotten', async (t) => {
  const scene = new Scene(t).pages('eur').joins();
  scene.link.said();
  scene.slowConsumers.forget(scene.link);
  t.same(scene.triggers('eur').drains().link.said(), []);
});
