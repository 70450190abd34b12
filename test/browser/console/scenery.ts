/** A desk's data to look at: people, a group, pages, alarms and what has become of them, programs, and what auditors read of it. */
import {
  type AlarmClient,
  addGroupMember,
  claimPartition,
  createAccessToken,
  createGroup,
  login,
  type Page,
  putSubscription,
} from '@alarm-server/client';
import { PASSWORD, type Stage } from './stage.js';

const ALARMS = [
  ['EUR/USD', 'spot', 'above 1.0854', 1.0861],
  ['EUR/USD', 'spot', 'below 1.0800', undefined],
  ['EUR/GBP', 'spot', 'below 0.8420', 0.8419],
  ['EUR/JPY', '1M forward', 'crosses 172.50', undefined],
  ['EUR/CHF', 'spot', 'below 0.9310', 0.93085],
  ['EUR/SEK', 'spot', 'above 11.60', undefined],
  ['EUR/NOK', 'spot', 'above 11.85', undefined],
  ['DAX', 'Dec 26', 'below 19,000', 18_996.5],
  ['Bund', 'Mar 27', 'above 131.40', 131.52],
  ['EUR/PLN', 'spot', 'leaves 4.25 to 4.32', undefined],
] as const;

export interface Scenery {
  readonly page: Page;
  readonly alarmIds: readonly string[];
  /** Without an alarm. */
  readonly empty: Page;
  readonly one: Page;
}

/** Their people: anna owns and is an operator, ben edits, carla sees nothing, dora has no page, eve was there, otto is an auditor. */
export async function setUp(stage: Stage): Promise<Scenery> {
  const anna = await stage.person('anna');
  const ben = await stage.person('ben');
  const carla = await stage.person('carla');
  const eve = await stage.person('eve');
  for (const name of ['dora', 'otto']) await stage.person(name);
  await stage.operator('anna');
  await stage.admin('role', 'grant', 'otto', 'auditor');
  const page = await anna.createPage({ name: 'Alarmes EUR/USD' });
  const one = await anna.createPage({ name: 'Indices, Europe' });
  const empty = await anna.createPage({ name: 'Metals overnight' });
  await anna.createAlarm({ page_id: one.id, ticker: 'DAX', option: 'Dec 26', condition: 'above 24,000' });
  const alarmIds: string[] = [];
  for (const [ticker, option, condition] of ALARMS)
    alarmIds.push((await anna.createAlarm({ page_id: page.id, ticker, option, condition })).id);
  const token = await login(stage.url, { username: 'anna', password: PASSWORD });
  const group = await createGroup(stage.url, token, { name: 'Desk Euro' });
  await addGroupMember(stage.url, token, { group_id: group.id, user_id: ben.store.user!.id });
  const toGroup = { page_id: page.id, subject_type: 'group', subject_id: group.id } as const;
  await anna.sharePage({ ...toGroup, can_view: true, can_edit: true });
  await visit(anna, eve, page.id, alarmIds[4]!);
  await handle(anna, ben, alarmIds);
  await carla.renamePage({ page_id: page.id, name: 'Mine' }).catch(() => undefined);
  const deleted = await anna.createPage({ name: 'Old desk' });
  await anna.deletePage({ page_id: deleted.id });
  await programs(stage.url, token, page.id);
  return { page, alarmIds, one, empty };
}

/** Somebody who is shared the page, triggers and comments, and does not see it any more: the others know no name. */
async function visit(anna: AlarmClient, eve: AlarmClient, page_id: string, alarm_id: string): Promise<void> {
  const toEve = { page_id, subject_type: 'user', subject_id: eve.store.user!.id } as const;
  await anna.sharePage({ ...toEve, can_view: true, can_edit: false });
  await eve.triggerAlarm({ alarm_id, price: 0.9307 });
  await eve.commentAlarm({ alarm_id, text: 'The bank has announced nothing.' });
  await anna.sharePage({ ...toEve, can_view: false, can_edit: false });
}

async function handle(anna: AlarmClient, ben: AlarmClient, alarmIds: readonly string[]): Promise<void> {
  await anna.updateAlarm({ alarm_id: alarmIds[6]!, active: false });
  for (const [at, [, , , price]] of ALARMS.entries())
    if (price !== undefined) await ben.triggerAlarm({ alarm_id: alarmIds[at]!, price });
  const note = 'Call the desk in Frankfurt. After 18:00, the one in New York.';
  await anna.updateAlarm({ alarm_id: alarmIds[0]!, severity: 'critical', note });
  await ben.commentAlarm({ alarm_id: alarmIds[0]!, text: 'The spread is wide: I wait for the fixing.' });
  await anna.updateAlarm({ alarm_id: alarmIds[7]!, severity: 'high', tags: ['index'] });
  await anna.snoozeAlarm({ alarm_id: alarmIds[8]!, for_s: 14_400 });
  const seen = anna.store.alarms.get(alarmIds[2]!)?.status?.last_seq;
  if (seen !== undefined) await ben.ackAlarm({ alarm_id: alarmIds[2]!, upto: seen });
  await ben.assignAlarm({ alarm_id: alarmIds[4]!, user_id: ben.store.user!.id });
}

async function programs(url: string, token: string, pageId: string): Promise<void> {
  await createAccessToken(url, token, { name: 'Price feed', can: ['trigger'], pages: [pageId], expiresInDays: 30 });
  await createAccessToken(url, token, { name: 'Warehouse', can: ['read'] });
  await putSubscription(url, token, 'ledger', { types: ['AlarmTriggered'] });
  await putSubscription(url, token, 'risk', { start: 'now', partitions: 4 });
  await claimPartition(url, token, 'risk', 'worker-1');
  // Nobody listens there: it fails.
  await putSubscription(url, token, 'chat', {
    types: ['AlarmTriggered'],
    webhook: { url: 'http://127.0.0.1:9/alarms', maxAgeS: 300 },
  });
}

/** Names of 200 characters, as people have them. */
const LONG_NAMES = [
  'سعر صرف اليورو مقابل الدولار الأمريكي في السوق الفورية خلال جلسة التداول الصباحية '.repeat(3).slice(0, 198),
  'ユーロドル為替レートの監視ページ東京市場午前の部とロンドン市場の引き継ぎ用'.repeat(6).slice(0, 198),
  '🔔📈💶'.repeat(30),
  'W'.repeat(198),
];

/** Its first `length` code units, without half a character at the end. */
const first = (name: string, length: number): string => name.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');

/** Pages, alarms and groups with such names; the first of the pages has them all, and is shared with the groups and with a long name. */
export async function addLongNames(stage: Stage, scenery: Scenery): Promise<Scenery> {
  const anna = await stage.person('anna');
  const long = await stage.person('w'.repeat(64));
  const token = await login(stage.url, { username: 'anna', password: PASSWORD });
  const pages = [];
  for (const name of LONG_NAMES) pages.push(await anna.createPage({ name }));
  const page = pages[0]!;
  const ids: string[] = [];
  const view = { page_id: page.id, can_view: true, can_edit: false } as const;
  await anna.sharePage({ ...view, subject_type: 'user', subject_id: long.store.user!.id });
  for (const name of LONG_NAMES) {
    const group = await createGroup(stage.url, token, { name });
    await anna.sharePage({ ...view, subject_type: 'group', subject_id: group.id });
    const alarm = await anna.createAlarm({
      page_id: page.id,
      ticker: first(name, 100),
      option: first(name, 100),
      condition: name,
      note: name.repeat(5),
    });
    await anna.triggerAlarm({ alarm_id: alarm.id, price: 1234567.0001 });
    await long.commentAlarm({ alarm_id: alarm.id, text: name.repeat(5) });
    ids.push(alarm.id);
  }
  await anna.assignAlarm({ alarm_id: ids[0]!, user_id: long.store.user!.id });
  for (let at = ids.length; at < scenery.alarmIds.length; at++)
    await anna.createAlarm({ page_id: page.id, ticker: `T${at}`, option: '', condition: '' });
  return { ...scenery, page, alarmIds: ids };
}

/** A page of 5,000 alarms, every tenth of them open. */
export async function addMany(stage: Stage): Promise<Page> {
  const anna = await stage.person('anna');
  const page = await anna.createPage({ name: 'Many' });
  const made = Array.from({ length: 5_000 }, async (_, at) => {
    const ticker = `T${String(at).padStart(5, '0')}`;
    const { id } = await anna.createAlarm({ page_id: page.id, ticker, option: 'spot', condition: `above ${at}` });
    if (at % 10 === 0) await anna.triggerAlarm({ alarm_id: id, price: at + 0.5 });
  });
  await Promise.all(made);
  return page;
}
