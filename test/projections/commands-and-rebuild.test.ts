/** The same as rebuilt-equals-streamed, by the front door: random commands of random people, many at once, some sent twice. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { commands } from '../../src/commands/commands.js';
import { CommandHandler } from '../../src/commands/handling/handler.js';
import type { Outcome } from '../../src/commands/handling/pending-command.js';
import { userActor } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import type { LiveState } from '../../src/projections/live-state.js';
import { rebuildReadModel } from '../../src/projections/read-model/rebuild.js';
import { newEvent } from '../commands/wayward-log.js';
import { givenNumber } from '../runner/given-number.js';
import { replayable } from './random-history.js';
import { answersOf, rowsIn, rowsOf } from './rows.js';
import { openLog, type Running, readModelIn, startProjection } from './running-projection.js';

const RUNS = givenNumber('RUNS', 3);
const PEOPLE = Array.from({ length: 4 }, (_, at) => `00000000-0000-4000-8000-00000000000${at}`);

const request = fc.record({
  kind: fc.constantFrom(
    ...commands.map(({ kind }) => kind),
    'trigger_alarm',
    'trigger_alarm',
    'create_alarm',
    'create_page',
    'share_page',
    'share_page',
  ),
  by: fc.constantFrom(...PEOPLE),
  user: fc.constantFrom(...PEOPLE),
  which: fc.nat(100),
  toGroup: fc.boolean(),
  view: fc.boolean(),
  edit: fc.boolean(),
  price: fc.double({ noNaN: true, noDefaultInfinity: true }),
  /** Few, so that many are sent twice: some with the same content, most with other. */
  id: fc.option(fc.nat(30).map(String), { nil: undefined }),
});
type Wish = Parameters<Parameters<typeof request.map>[0]>[0];

/** What there is to begin with: a page that everybody may view. */
const sharedPage: DomainEvent[] = [
  { type: 'PageCreated', data: { name: 'Shared', owner_id: PEOPLE[0]! } },
  { type: 'AlarmCreated', data: { alarm_id: 'alarm', ticker: 'EUR/USD', option: 'spot', condition: 'above' } },
  ...PEOPLE.slice(1).map(
    (subject_id): DomainEvent => ({
      type: 'PageShared',
      data: { subject_type: 'user', subject_id, can_view: true, can_edit: false },
    }),
  ),
];

const onSharedAlarm: Wish = {
  kind: 'trigger_alarm',
  by: PEOPLE[1]!,
  user: PEOPLE[2]!,
  which: 0,
  toGroup: false,
  view: true,
  edit: false,
  price: 1,
  id: undefined,
};

/** Each run begins with these, so that every kind of outcome occurs in every run. */
const certain: readonly Wish[] = [
  onSharedAlarm,
  onSharedAlarm,
  { ...onSharedAlarm, id: 'certain' },
  // With other content.
  ...[2, 3, 4].map((price): Wish => ({ ...onSharedAlarm, id: 'certain', price })),
  // Behind the one alarm that there is stands the one that never was.
  ...[2, 3, 4].map((price): Wish => ({ ...onSharedAlarm, which: 1, price })),
  ...[1, 2, 3].map((at): Wish => ({ ...onSharedAlarm, kind: 'rename_page', by: PEOPLE[at]! })),
];

/** The ids of what is there now, and one of what never was. */
function payloadOf(wish: Wish, live: LiveState): unknown {
  const pages = [...live.pages.keys(), 'never'];
  const groups = [...live.groups.keys(), 'never'];
  const alarms = [...live.pages.values()].flatMap(({ alarms: all }) => [...all.keys()]).concat('never');
  const one = (all: readonly string[]): string => all[wish.which % all.length]!;
  return {
    page_id: one(pages),
    alarm_id: one(alarms),
    group_id: one(groups),
    user_id: wish.user,
    upto: wish.which,
    to: wish.user,
    subject_type: wish.toGroup ? 'group' : 'user',
    subject_id: wish.toGroup ? one(groups) : wish.user,
    can_view: wish.view,
    can_edit: wish.edit,
    name: `Name ${wish.which}`,
    ticker: 'EUR/USD',
    option: '',
    condition: 'above',
    price: wish.price,
    for_s: 1 + wish.which,
    text: `Text ${wish.which}`,
    ...(wish.view ? { comment: `Comment ${wish.which}`, note: 'A note' } : {}),
    ...(wish.edit ? { renotify_s: 30 } : {}),
  };
}

function handlingOf({ log, projection }: Running): CommandHandler {
  const handling = new CommandHandler({ log, projection, onSettled: () => undefined });
  projection.listen((folded, data) => handling.onFolded(folded, data));
  return handling;
}

t.test(
  'PROJ-1 PERM-10 CMD-1 through the commands: nothing is void, an id has one effect, and a rebuild says the same',
  async (t) => {
    const counts: Record<string, number> = {};
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(request, { minLength: 1, maxLength: 40, size: 'max' }), {
          minLength: 5,
          maxLength: 12,
          size: 'max',
        }),
        async (bursts) => {
          const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
          let running = await startProjection(folder);
          try {
            for (const id of PEOPLE)
              await running.log.append(`username-${id}`, NO_STREAM, [
                newEvent(id, { type: 'UserRegistered', data: { user_id: id, username: id } }),
              ]);
            for (const event of sharedPage)
              await running.log.append(
                pageStream('shared'),
                running.projection.live.pages.get('shared')?.seq ?? NO_STREAM,
                [newEvent(PEOPLE[0]!, event)],
              );
            let handling = handlingOf(running);
            /** By user, id and content: the answer, which must always be the same. */
            const answers = new Map<string, Outcome>();
            for (const [at, burst] of [certain, ...bursts].entries()) {
              const { live } = running.projection;
              const asked = burst.map((wish) => {
                const command = commands.find(({ kind }) => kind === wish.kind)!;
                const payload = command.payload.parse(payloadOf(wish, live));
                const content = JSON.stringify([wish.by, wish.id, wish.kind, payload]);
                return new Promise<Outcome>((settle) =>
                  handling.submit({ command, payload, actor: userActor(wish.by), clientId: wish.id, settle }),
                ).then((outcome) => {
                  const name = outcome.kind === 'done' ? 'done' : outcome.refusal.code;
                  counts[name] = (counts[name] ?? 0) + 1;
                  if (wish.id === undefined || outcome.kind !== 'done') return;
                  t.strictSame(outcome, answers.get(content) ?? outcome, `the answer to ${wish.id} again`);
                  answers.set(content, outcome);
                });
              });
              await Promise.all(asked);
              if (at % 4 !== 3) continue;
              await running.stop();
              running = await startProjection(folder);
              handling = handlingOf(running);
            }
            const { projection } = running;
            await projection.writer.catchUp(5_000);
            const file = readModelIn(folder);
            const streamed = rowsOf(file);
            t.strictSame(
              (streamed['alarm_events'] as { void: number }[]).filter((row) => row.void),
              [],
            );
            t.strictSame({ ...streamed, ...rowsIn(projection.live) }, streamed, 'the live state and the tables');
            const live = answersOf(projection.live);
            const effects = new Set(
              [...answers.values()].map((outcome) => (outcome.kind === 'done' ? outcome.position : '')),
            );
            t.equal(effects.size, answers.size, 'no two ids share an effect');
            // Keys of free text are in private streams, which nobody reads.
            const { events } = projection.live;
            await running.stop();
            const again = openLog(folder);
            t.equal(await rebuildReadModel(again, file, () => undefined), events, 'every event was read');
            await again.close();
            t.strictSame(rowsOf(file), streamed, 'a rebuilt one');
            running = await startProjection(folder);
            t.strictSame(answersOf(running.projection.live), live, 'a live state started on it');
            return t.passing();
          } finally {
            await running.stop();
            rmSync(folder, { recursive: true, force: true });
          }
        },
      ),
      { ...replayable, numRuns: RUNS },
    );
    t.comment(JSON.stringify(counts));
    for (const outcome of ['done', 'not_found', 'permission_denied', 'id_reused'])
      t.ok((counts[outcome] ?? 0) > 5, `${outcome}: ${counts[outcome]}`);
  },
);
