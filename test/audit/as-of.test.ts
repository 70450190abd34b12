/** As of any position, of random histories: pages, alarms, grants and paths are what a fold written for this test alone says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { SYSTEM_ID } from '../../src/domain/authorization.js';
import { type DomainEvent, eventVersions } from '../../src/domain/events.js';
import { AccessAt, type AccessPath, rightOf } from '../../src/projections/access-at.js';
import { AsOfResolver } from '../../src/projections/as-of.js';
import type { Projection } from '../../src/projections/projection.js';
import { type HistoryEvent, historyInFile } from '../chaos/log-history.js';
import { ReferenceModel } from '../chaos/reference-model.js';
import { beginning, HistoryWriter, move, replayable } from '../projections/random-history.js';
import { logIn, startProjection } from '../projections/running-projection.js';
import { givenNumber } from '../runner/given-number.js';
import { AccessByHand, type PathByHand } from './access-by-hand.js';

/** Histories at each run of the tests; AUDIT_RUNS in the environment gives more. */
const RUNS = givenNumber('AUDIT_RUNS', 3);

const byVia = <T extends { readonly via: string }>(paths: readonly T[]): T[] =>
  [...paths].sort((a, b) => (a.via < b.via ? -1 : 1));
const byId = <T extends { readonly id: string }>(all: readonly T[]): T[] =>
  [...all].sort((a, b) => (a.id < b.id ? -1 : 1));

/** What differs between the server and the fold by hand at one position. */
function differences(
  projection: Projection,
  all: readonly HistoryEvent[],
  model: ReferenceModel,
  until: number,
): string[] {
  const { pagesAt, accessLog } = projection;
  const position = String(until);
  const events = all.filter((event) => event.position <= until);
  const hand = new AccessByHand(model, events);
  const access = new AccessAt(accessLog, position);
  const found: string[] = [];
  const expectSame = (what: string, actual: unknown, expected: unknown): void => {
    const [is, must] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== must) found.push(`@${position} ${what}: ${is} where ${must} is right`);
  };
  const users = new Set(
    all.flatMap(({ by, data }) => [by, data['user_id'], data['owner_id']]).filter((id) => typeof id === 'string'),
  );
  for (const [id, truth] of model.pages) {
    const last = truth.events.findLastIndex((event) => event.position <= until);
    const page = pagesAt.page(id, position);
    expectSame(`page ${id} exists`, page !== undefined, last >= 0);
    if (!page) continue;
    const deletion = truth.events.findIndex(
      (event, seq) => event.type === 'PageDeleted' && !truth.versions[seq]!.isVoid,
    );
    const isDeleted = deletion !== -1 && deletion <= last;
    const seq = isDeleted ? deletion : last;
    const { name, owner, alarms } = truth.versions[seq]!;
    const deleted_at = isDeleted ? truth.events[deletion]!.at : undefined;
    expectSame(`page ${id}`, page, { id, name, owner_id: owner, seq, deleted_at });
    const parsed = pagesAt.alarms(id, page.seq).map((json) => JSON.parse(json) as { id: string });
    expectSame(
      `order of ${id}`,
      parsed.map((alarm) => alarm.id),
      [...alarms.keys()],
    );
    for (const alarm of parsed) {
      // Nobody has the key of a note here: the server says null, and the fold by hand knows none.
      const { note, ...rest } = alarm as typeof alarm & { note?: unknown };
      t.same(note === null ? rest : alarm, alarms.get(alarm.id), `@${position} ${alarm.id}`);
    }
    for (const [at, json] of pagesAt.alarms(id, page.seq).entries())
      expectSame(`alarm ${at} of ${id}`, pagesAt.alarm(id, parsed[at]!.id, page.seq), json);
    const paths = access.ofPage(id);
    const right = hand.paths(id);
    expectSame(`who sees ${id}`, [...paths.keys()].sort(), [...right.keys()].sort());
    for (const [user, ways] of paths) expectSamePaths(expectSame, `${user} on ${id}`, ways, right.get(user) ?? []);
    for (const user of users) {
      expectSamePaths(expectSame, `${user} to ${id}`, access.paths(user, id), right.get(user) ?? []);
      const step = model.steps(user, id).findLast((one) => one.position <= until);
      expectSame(`right of ${user} on ${id}`, rightOf(access.paths(user, id)), step?.right ?? 'none');
    }
  }
  for (const id of new Set(all.flatMap(({ stream }) => (stream.startsWith('group-') ? [stream.slice(6)] : [])))) {
    const [there, gone] = [hand.groups.get(id), hand.deletedGroups.get(id)];
    const truth = there ?? gone;
    expectSame(
      `group ${id}`,
      accessLog.group(id, position),
      truth && { id, name: truth.name, owner_id: truth.owner, deleted_at: gone?.at },
    );
    expectSame(
      `members of ${id}`,
      access.members(id),
      Array.from(there?.members ?? [], ([user_id, { at, by }]) => ({ user_id, member_since: at, member_added_by: by })),
    );
  }
  for (const user of users) {
    expectSame(`${user} is active`, access.isActive(user), !hand.inactive.has(user));
    const ofUser = access.ofUser(user);
    const expected = [...hand.pages.keys()].filter((id) => hand.paths(id).has(user));
    expectSame(`pages of ${user}`, [...ofUser.keys()].sort(), expected.sort());
    for (const [page, ways] of ofUser)
      expectSamePaths(expectSame, `${user} has ${page}`, ways, hand.paths(page).get(user) ?? []);
  }
  return found;
}

function expectSamePaths(
  expectSame: (what: string, actual: unknown, expected: unknown) => void,
  what: string,
  actual: readonly AccessPath[],
  expected: readonly PathByHand[],
): void {
  expectSame(what, byVia(actual), byVia(expected));
}

/** The index of the last event that belongs to a moment: looked for from the start. */
function indexAt(ats: readonly string[], moment: string): number {
  let newest = '';
  for (const [index, at] of ats.entries()) {
    if (at > newest) newest = at;
    if (newest > moment) return index - 1;
  }
  return ats.length - 1;
}

t.test(
  'AUD-1 AUD-2 as of any position and moment, everything is what a fold by hand says; as of now it is the live state',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 60, maxLength: 160, size: 'max' }), async (moves) => {
        const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
        const running = await startProjection(folder);
        try {
          const { log, projection } = running;
          const writer = new HistoryWriter();
          const appends = [...beginning, ...moves]
            .map((one) => writer.write(one))
            .filter((append) => append !== undefined);
          await Promise.all(appends.map(({ stream, expected, events }) => log.append(stream, expected, events)));
          await projection.caughtUp;
          t.ok(await projection.writer.catchUp(60_000));
          // The commands' ids are used again when they are forgotten: here nothing depends on them.
          const all = historyInFile(logIn(folder)).map((event) => ({ ...event, id: undefined }));
          const model = new ReferenceModel(
            all,
            all.flatMap(({ by, data }) => [by, data['user_id'] as string, data['owner_id'] as string]),
          );
          const last = appends.length + 1;
          for (let until = 1; until < last; until += 7) t.strictSame(differences(projection, all, model, until), []);
          t.strictSame(differences(projection, all, model, last), []);

          const access = new AccessAt(projection.accessLog, String(last));
          for (const page of projection.live.pages.values()) {
            t.same(
              byId(projection.pagesAt.alarms(page.id, page.seq).map((json) => JSON.parse(json) as { id: string })),
              byId(
                [...page.alarms.values()].map(
                  (alarm) => JSON.parse(projection.pageStates.alarmJson(alarm)) as { id: string },
                ),
              ),
            );
            t.same(
              access.grants(page.id).map(({ subject_id, can_edit }) => [subject_id, can_edit]),
              [...page.grants.user, ...page.grants.group].map(([id, { can_edit }]) => [id, can_edit]),
            );
          }
          const resolver = new AsOfResolver(projection, log);
          for (const index of [0, 1, 127, 128, 129, last - 1].filter((one) => one < last)) {
            const at = await resolver.resolve(`#${index}`);
            t.match(at, { kind: 'resolved', asOf: { index, position: String(index + 1), settled: true } });
            t.match(await resolver.resolve(`@${index + 1}`), { asOf: { index, position: String(index + 1) } });
          }
          return t.passing();
        } finally {
          await running.stop();
          rmSync(folder, { recursive: true, force: true });
        }
      }),
      { ...replayable, numRuns: RUNS },
    );
  },
);

t.test('AUD-1 a moment is resolved by the running maximum of the times, wherever the log has marks', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
  const running = await startProjection(folder);
  t.teardown(async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const { log, projection } = running;
  const base = Date.parse('2020-01-15T10:30:00.000Z');
  const stream = 'page-00000000-0000-4000-8000-000000000001';
  // LogCreated is of today; so moments are looked for from the first event after it on, in years to come.
  const steps = Array.from({ length: 1_100 }, (_, at) => (at % 17 === 3 ? -40 : at % 11 === 0 ? 0 : 13));
  let now = base + 80 * 365 * 86_400_000;
  const ats: string[] = [];
  const appends = steps.map((step, at) => {
    now += step;
    ats.push(new Date(now).toISOString());
    const event =
      at === 0
        ? { type: 'PageCreated' as const, data: { name: 'Desk', owner_id: 'u' } }
        : { type: 'PageRenamed' as const, data: { name: `Desk ${at}` } };
    const id = `00000000-0000-4000-9000-${String(at).padStart(12, '0')}`;
    const metadata = { at: ats[at]!, by: 'u', via: 'owner', command: 'rename_page', key: id, v: 1 };
    return log.append(stream, at - 1, [{ id, event, metadata }]);
  });
  await Promise.all(appends);
  await projection.caughtUp;
  t.ok(await projection.writer.catchUp(60_000));
  const { eventAtMoment, placeOfMoment } = await import('../../src/projections/moment-position.js');
  for (const moment of [...ats.filter((_, at) => at % 23 === 0), ats[0]!, ats[1_099]!, '2999-01-01T00:00:00.000Z']) {
    // The first event of the log is LogCreated.
    const index = indexAt(ats, moment) + 1;
    t.match(await eventAtMoment(moment, projection.moments, log), { n: index, position: String(index + 1) }, moment);
    const earlier = indexAt(ats, new Date(Date.parse(moment) - 1).toISOString()) + 1;
    t.equal(
      await placeOfMoment(moment, projection.moments, log),
      earlier < ats.length ? String(earlier + 1) : undefined,
      moment,
    );
  }
  for (const position of [1, 128, 129, 999, 1_000, 1_024, 1_025, 1_101])
    t.match(
      projection.moments.markAtPosition(String(position)),
      { n: Math.floor((position - 1) / 128) * 128 },
      `the nearest mark before ${position}: positions are compared as numbers`,
    );
  const resolver = new AsOfResolver(projection, log);
  for (const [asked, message] of [
    ['2999-01-01T00:00:00Z', /in the future/],
    ['@999999', /in the future: the log ends at position 1101/],
    ['#1101', /the index 1100/],
    ['2026-01-15T10:30:00 01:00', /send a \+ as %2B/],
    ['2026-01-15T10:30:00', /with a zone/],
    ['2026-13-15T10:30:00Z', /does not exist: its month must be 01 to 12/],
    ['2026-02-30T10:30:00Z', /does not exist: its day must be 01 to 28/],
    ['yesterday', /must be a moment/],
    ['@-1', /must be a moment/],
  ] as const)
    t.match(await resolver.resolve(asked), { kind: 'invalid', message }, asked);
  t.match(await resolver.resolve('2001-01-01T00:00:00Z'), { kind: 'too early' });
  t.match(await resolver.resolve('@0'), { kind: 'too early' });
});

t.test(
  'AUD-2 an alarm whose last event told it again is answered as it stood, without the price that it was told with',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'alarm-server-'));
    const running = await startProjection(folder);
    t.teardown(async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const { log, projection } = running;
    const [page, alarm_id] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    const asked = { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' };
    const events: readonly (readonly [by: string, second: number, event: DomainEvent])[] = [
      ['u', 0, { type: 'PageCreated', data: { name: 'Desk', owner_id: 'u' } }],
      ['u', 0, { type: 'AlarmCreated', data: { ...asked, renotify_s: 30 } }],
      ['u', 1, { type: 'AlarmTriggered', data: { alarm_id, price: 1.5 } }],
      [SYSTEM_ID, 40, { type: 'AlarmRenotified', data: { alarm_id, arm: 2, n: 1 } }],
      ['u', 41, { type: 'AlarmSnoozed', data: { alarm_id, until: '2100-01-15T10:30:50.000Z' } }],
      [SYSTEM_ID, 51, { type: 'AlarmUnsnoozed', data: { alarm_id, arm: 4 } }],
    ];
    const live: string[] = [];
    for (const [at, [by, second, event]] of events.entries()) {
      const id = `00000000-0000-4000-9000-${String(at).padStart(12, '0')}`;
      const time = new Date(Date.parse('2100-01-15T10:30:00.000Z') + second * 1_000).toISOString();
      const metadata = { at: time, by, via: 'owner', command: 'anything', key: id, v: eventVersions[event.type] };
      await log.append(`page-${page}`, at - 1, [{ id, event, metadata }]);
      t.ok(await projection.reached(String(at + 2), 60_000));
      const alarm = projection.live.pages.get(page)?.alarms.get(alarm_id);
      live.push(alarm ? projection.pageStates.alarmJson(alarm) : '');
    }
    await projection.caughtUp;
    t.ok(await projection.writer.catchUp(60_000));
    for (const seq of [1, 2, 3, 4, 5]) t.equal(projection.pagesAt.alarm(page, alarm_id, seq), live[seq], `seq ${seq}`);
    t.match(projection.pagesAt.alarm(page, alarm_id, 5), /"renotified":1/, 'the deadlines took effect');
  },
);
