/** Memory of what is made and taken away again, over and over: the live state holds what is, not what was. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { type DomainEvent, eventVersions } from '../../src/domain/events.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import type { RecordedEvent } from '../../src/log/event-log.js';
import { LiveState } from '../../src/projections/live-state.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const ROUNDS = 30_000;
/** Ids and sets for so many would be far more. */
const LIMIT_BYTES = 2 * 1024 * 1024;

const PAGE = pageStream('page');
const GROUP = groupStream('desk');
const share = (subject_type: 'user' | 'group', subject_id: string, can_view: boolean): DomainEvent => ({
  type: 'PageShared',
  data: { subject_type, subject_id, can_view, can_edit: false },
});

/** Events as a log records them, of which nothing is kept but what the next one of a stream needs. */
class Forgetful {
  readonly #revisions = new Map<string, number>();
  #place = 0;

  record(stream: string, by: string, event: DomainEvent): RecordedEvent {
    const revision = (this.#revisions.get(stream) ?? -1) + 1;
    if (event.type === 'PageDeleted') this.#revisions.delete(stream);
    else this.#revisions.set(stream, revision);
    this.#place += 1;
    return {
      id: `event-${this.#place}`,
      event,
      metadata: {
        at: '2026-01-15T10:30:00.000Z',
        by,
        via: 'owner',
        command: 'anything',
        key: `key-${this.#place}`,
        v: eventVersions[event.type],
      },
      stream,
      revision,
      position: String(this.#place),
    };
  }
}

/** What comes and goes in each round, with ids of its own. */
const churns: Record<string, (at: number) => readonly (readonly [stream: string, event: DomainEvent])[]> = {
  alarms: (at) => [
    [
      PAGE,
      {
        type: 'AlarmCreated',
        data: { alarm_id: `alarm-${at}`, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
      },
    ],
    [PAGE, { type: 'AlarmDeleted', data: { alarm_id: `alarm-${at}` } }],
  ],
  'grants to users': (at) => [
    [PAGE, share('user', `user-${at}`, true)],
    [PAGE, share('user', `user-${at}`, false)],
  ],
  'grants to groups': (at) => [
    [PAGE, share('group', `group-${at}`, true)],
    [PAGE, share('group', `group-${at}`, false)],
  ],
  'members of a group': (at) => [
    [GROUP, { type: 'GroupMemberAdded', data: { user_id: `user-${at}` } }],
    [GROUP, { type: 'GroupMemberRemoved', data: { user_id: `user-${at}` } }],
  ],
  'pages with alarms and grants': (at) => {
    const page = pageStream(`page-${at}`);
    return [
      [page, { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } }],
      [page, share('user', `user-${at}`, true)],
      [page, { type: 'AlarmCreated', data: { alarm_id: `on-${at}`, ticker: 'EUR/USD', option: '', condition: '' } }],
      [page, { type: 'PageDeleted', data: {} }],
    ];
  },
};

for (const [what, round] of Object.entries(churns)) {
  t.test(`LOG-29 ${what}, made and taken away ${ROUNDS} times, leave no memory behind`, async (t) => {
    const live = new LiveState();
    const recording = new Forgetful();
    live.fold(
      recording.record('username-olga', 'olga', {
        type: 'UserRegistered',
        data: { user_id: 'olga', username: 'olga' },
      }),
    );
    live.fold(recording.record(PAGE, 'olga', { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } }));
    live.fold(recording.record(GROUP, 'olga', { type: 'GroupCreated', data: { name: 'Desk', owner_id: 'olga' } }));
    live.fold(recording.record(PAGE, 'olga', share('group', 'desk', true)));
    const run = (from: number, to: number): void => {
      for (let at = from; at < to; at += 1)
        for (const [stream, event] of round(at)) live.fold(recording.record(stream, 'olga', event));
    };
    run(0, 1_000);
    collect();
    const before = process.memoryUsage().heapUsed;
    run(1_000, ROUNDS);
    collect();
    const more = process.memoryUsage().heapUsed - before;
    t.ok(more < LIMIT_BYTES, `${Math.round(more / 1024)} KiB more`);
    t.same([live.pages.size, live.groups.size, live.groups.get('desk')!.members.size], [1, 1, 1]);
  });
}
