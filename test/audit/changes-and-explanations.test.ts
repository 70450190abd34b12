/**
 * Of random histories: who gained or lost which right by which event, and whether somebody could do something, by which rule, are what a fold
 * written for these tests alone says; as of now they are what the live state says.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { explain, explainedActions } from '../../src/commands/explanation.js';
import { effectsOf } from '../../src/projections/access-effects.js';
import type { Projection } from '../../src/projections/projection.js';
import { type HistoryEvent, historyInFile } from '../chaos/log-history.js';
import { ReferenceModel } from '../chaos/reference-model.js';
import { beginning, HistoryWriter, move, replayable } from '../projections/random-history.js';
import { logIn, startProjection } from '../projections/running-projection.js';
import { givenNumber } from '../runner/given-number.js';
import { AccessByHand } from './access-by-hand.js';

/** Histories at each run of the tests; AUDIT_RUNS in the environment gives more. */
const RUNS = givenNumber('AUDIT_RUNS', 3);

const RANKS = ['none', 'view', 'edit', 'own'];

/** The rights of everybody on every page, as 'user page' → right; nothing for whoever has none. */
function rightsIn(hand: AccessByHand): Map<string, string> {
  const rights = new Map<string, string>();
  for (const page of hand.pages.keys())
    for (const [user, paths] of hand.paths(page)) {
      if (hand.inactive.has(user)) continue;
      const best = Math.max(...paths.map(({ right }) => RANKS.indexOf(right)));
      rights.set(`${user} ${page}`, RANKS[best]!);
    }
  return rights;
}

/** What differs between the effects that the server tells and those by hand, at each event. */
function wrongEffects({ accessLog }: Projection, all: readonly HistoryEvent[], model: ReferenceModel): string[] {
  const wrong: string[] = [];
  const told = new Set(accessLog.positions('0', '99999999', 10_000));
  let before = new Map<string, string>();
  for (const [at, { position, type }] of all.entries()) {
    const after = rightsIn(new AccessByHand(model, all.slice(0, at + 1)));
    const expected = [...new Set([...before.keys(), ...after.keys()])]
      .map((key) => `${key}: ${before.get(key) ?? 'none'} → ${after.get(key) ?? 'none'}`)
      .filter((line) => !/(\w+) → \1$/.test(line))
      .sort();
    const changes = accessLog.at(String(position));
    const effects = changes.length === 0 ? [] : [...effectsOf(accessLog, String(position), changes)];
    const actual = effects
      .flatMap((effect) => (effect ? `${effect.user_id} ${effect.page_id}: ${effect.before} → ${effect.after}` : []))
      .sort();
    if (JSON.stringify(actual) !== JSON.stringify(expected))
      wrong.push(`@${position} ${type}: ${actual.join()} where ${expected.join()} is right`);
    if (changes.length > 0 !== told.has(String(position))) wrong.push(`@${position} is not in the list`);
    before = after;
  }
  return wrong;
}

/** What each action needs: the tests' own table. */
const NEEDS: Readonly<Record<string, string>> = {
  view: 'view',
  trigger_alarm: 'view',
  ack_alarm: 'view',
  ack_page: 'view',
  leave_page: 'view',
  create_alarm: 'edit',
  update_alarm: 'edit',
  delete_alarm: 'edit',
  unack_alarm: 'edit',
  clear_alarm: 'edit',
  assign_alarm: 'edit',
  snooze_alarm: 'edit',
  unsnooze_alarm: 'edit',
  comment_alarm: 'view',
  rename_page: 'own',
  delete_page: 'own',
  share_page: 'own',
  transfer_page: 'own',
};

interface Alarm {
  readonly status?: { readonly ack?: { readonly by: string }; readonly assignee?: string };
}

/** Whether it was allowed, and by which rule. */
function byHand(
  hand: AccessByHand,
  rights: ReadonlyMap<string, string>,
  user: string,
  action: string,
  pageId: string,
  alarm: Alarm | 'missing' | undefined,
): readonly [allowed: boolean, rule: string] {
  const page = hand.pages.get(pageId);
  if (!page) return [false, 'PERM-7'];
  if (hand.inactive.has(user)) return [false, 'ADM-5'];
  const right = rights.get(`${user} ${pageId}`);
  if (right === undefined || alarm === 'missing') return [false, 'PERM-7'];
  const { ack, assignee } = alarm?.status ?? {};
  const isOwn =
    (action === 'assign_alarm' && assignee === user) || (/^(unack|clear)_alarm$/.test(action) && ack?.by === user);
  const needed = isOwn ? 'view' : NEEDS[action]!;
  if (RANKS.indexOf(right) < RANKS.indexOf(needed))
    return [false, action === 'transfer_page' ? 'PERM-13' : needed === 'own' ? 'PERM-4' : 'PERM-3'];
  if (action === 'leave_page') return [page.owner !== user && page.user.has(user), 'PERM-11'];
  if (action === 'transfer_page') return [true, 'PERM-13'];
  return [true, right === 'own' ? 'PERM-1' : needed === 'edit' ? 'PERM-3' : 'PERM-2'];
}

function wrongExplanations(
  projection: Projection,
  all: readonly HistoryEvent[],
  model: ReferenceModel,
  users: readonly string[],
  until: number,
): string[] {
  const wrong: string[] = [];
  const hand = new AccessByHand(
    model,
    all.filter(({ position }) => position <= until),
  );
  const rights = rightsIn(hand);
  for (const [pageId, truth] of model.pages) {
    const last = truth.events.findLastIndex(({ position }) => position <= until);
    const alarms = truth.versions[last]?.alarms ?? new Map<string, Alarm>();
    const named = [undefined, ...[...(truth.versions.at(-1)?.alarms.keys() ?? []), ...alarms.keys()].slice(0, 2)];
    for (const user of users)
      for (const action of explainedActions)
        for (const alarmId of named) {
          const alarm = alarmId === undefined ? undefined : ((alarms.get(alarmId) as Alarm | undefined) ?? 'missing');
          const expected = byHand(hand, rights, user, action, pageId, alarm);
          const position = String(until);
          const { allowed, rule, because } = explain(projection, { userId: user, action, pageId, alarmId, position });
          const isTold = because.some((one) => 'missing' in one) !== allowed;
          if (allowed !== expected[0] || rule !== expected[1] || !isTold)
            wrong.push(
              `@${until} ${user} ${action} ${pageId} ${alarmId}: ${allowed} ${rule}, not ${expected.join(' ')}`,
            );
        }
  }
  return wrong;
}

t.test(
  'AUD-8 AUD-9 who gained or lost what by which event, and who could do what, is what a fold by hand says',
  async (t) => {
    t.same([...explainedActions].sort(), Object.keys(NEEDS).sort());
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 60, maxLength: 140, size: 'max' }), async (moves) => {
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
          const all = historyInFile(logIn(folder)).map((event) => ({ ...event, id: undefined }));
          const users = [
            ...new Set(
              all.flatMap(({ by, data }) =>
                [by, data['user_id'], data['owner_id']].filter((id) => typeof id === 'string'),
              ),
            ),
          ].filter((id) => id !== 'system');
          const model = new ReferenceModel(all, users);
          t.strictSame(wrongEffects(projection, all, model), []);
          const head = appends.length + 1;
          for (const until of [Math.floor(head / 2), head])
            t.strictSame(wrongExplanations(projection, all, model, users, until), []);
          const { live } = projection;
          for (const page of live.pages.values())
            for (const userId of users) {
              const position = String(head);
              const { allowed } = explain(projection, {
                userId,
                action: 'view',
                pageId: page.id,
                alarmId: undefined,
                position,
              });
              t.equal(allowed, live.accounts.isActive(userId) && live.heldOn(page, userId).right !== 'none');
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
