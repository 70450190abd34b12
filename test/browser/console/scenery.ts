/** A desk's data for screenshots: people, a group, pages, alarms and what has become of them. */
import {
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
  ['Bund', 'Mar 27', 'above 131.40', undefined],
  ['EUR/PLN', 'spot', 'leaves 4.25 to 4.32', undefined],
] as const;

export interface Scenery {
  readonly page: Page;
  readonly alarmIds: readonly string[];
}

export async function setUp(stage: Stage): Promise<Scenery> {
  const anna = await stage.person('anna');
  const ben = await stage.person('ben');
  await stage.person('carla');
  const page = await anna.createPage({ name: 'Alarmes EUR/USD' });
  await anna.createPage({ name: 'Indices, Europe' });
  await anna.createPage({ name: 'Metals overnight' });
  const alarmIds: string[] = [];
  for (const [ticker, option, condition] of ALARMS)
    alarmIds.push((await anna.createAlarm({ page_id: page.id, ticker, option, condition })).id);
  const token = await login(stage.url, { username: 'anna', password: PASSWORD });
  const group = await createGroup(stage.url, token, { name: 'Desk Euro' });
  await addGroupMember(stage.url, token, { group_id: group.id, user_id: ben.store.user!.id });
  const subject = { page_id: page.id, subject_type: 'group', subject_id: group.id } as const;
  await anna.sharePage({ ...subject, can_view: true, can_edit: true });
  await anna.updateAlarm({ alarm_id: alarmIds[6]!, active: false });
  for (const [at, [, , , price]] of ALARMS.entries())
    if (price !== undefined) await ben.triggerAlarm({ alarm_id: alarmIds[at]!, price });
  await anna.updateAlarm({ alarm_id: alarmIds[0]!, severity: 'critical' });
  await anna.updateAlarm({ alarm_id: alarmIds[7]!, severity: 'high', tags: ['index'] });
  const seen = anna.store.alarms.get(alarmIds[2]!)?.status?.last_seq;
  if (seen !== undefined) await ben.ackAlarm({ alarm_id: alarmIds[2]!, upto: seen });
  await createAccessToken(stage.url, token, {
    name: 'Price feed',
    can: ['trigger'],
    pages: [page.id],
    expiresInDays: 30,
  });
  await createAccessToken(stage.url, token, { name: 'Warehouse', can: ['read'] });
  await putSubscription(stage.url, token, 'ledger', { types: ['AlarmTriggered'] });
  await putSubscription(stage.url, token, 'risk', { start: 'now', partitions: 4 });
  await claimPartition(stage.url, token, 'risk', 'worker-1');
  // Nobody listens there: it fails.
  await putSubscription(stage.url, token, 'chat', {
    types: ['AlarmTriggered'],
    webhook: { url: 'http://127.0.0.1:9/alarms', maxAgeS: 300 },
  });
  await ben.assignAlarm({ alarm_id: alarmIds[4]!, user_id: ben.store.user!.id });
  return { page, alarmIds };
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

/** Pages, alarms and groups with such names; the first of the pages has them all, and is shared with the groups. */
export async function addLongNames(stage: Stage, { alarmIds }: Scenery): Promise<Scenery> {
  const anna = await stage.person('anna');
  const token = await login(stage.url, { username: 'anna', password: PASSWORD });
  const pages = [];
  for (const name of LONG_NAMES) pages.push(await anna.createPage({ name }));
  const page = pages[0]!;
  const ids: string[] = [];
  for (const name of LONG_NAMES) {
    const group = await createGroup(stage.url, token, { name });
    await anna.sharePage({
      page_id: page.id,
      subject_type: 'group',
      subject_id: group.id,
      can_view: true,
      can_edit: false,
    });
    const alarm = await anna.createAlarm({
      page_id: page.id,
      ticker: first(name, 100),
      option: first(name, 100),
      condition: name,
    });
    await anna.triggerAlarm({ alarm_id: alarm.id, price: 1234567.0001 });
    ids.push(alarm.id);
  }
  for (let at = ids.length; at < alarmIds.length; at++)
    await anna.createAlarm({ page_id: page.id, ticker: `T${at}`, option: '', condition: '' });
  return { page, alarmIds: ids };
}
