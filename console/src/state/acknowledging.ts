/** Acknowledges alarms as far as the person has seen them: a trigger that comes meanwhile stays open. */
import { type Alarm, AlarmServerError, type Page } from '@alarm-server/client';
import { signal } from '@preact/signals';
import { sentence } from './failure.js';
import { plural } from './format.js';
import { stateOf, statusOf } from './life.js';
import { client, counted } from './live.js';
import { nameOf } from './names.js';
import { tell } from './ui.js';

/** Ids of alarms and pages whose acknowledgement is not confirmed yet. */
export const underWay = signal<ReadonlySet<string>>(new Set());

function mark(id: string, isUnderWay: boolean): void {
  const next = new Set(underWay.peek());
  if (isUnderWay) next.add(id);
  else next.delete(id);
  underWay.value = next;
}

/** Acknowledges the alarm as far as `alarm` shows its triggers. Rejects with the server's refusal. */
export async function acknowledgeOne(alarm: Alarm, comment?: string): Promise<void> {
  const upto = statusOf(alarm).last_seq;
  const held = client.peek();
  if (upto === undefined || !held || underWay.peek().has(alarm.id)) return;
  mark(alarm.id, true);
  try {
    await counted(held.ackAlarm({ alarm_id: alarm.id, upto, ...said(comment) }));
  } finally {
    mark(alarm.id, false);
  }
}

/** True if it was done; otherwise it says why not. */
export async function acknowledge(alarm: Alarm, comment?: string): Promise<boolean> {
  try {
    await acknowledgeOne(alarm, comment);
    return true;
  } catch (error) {
    tell(`${alarm.ticker}: ${reason(error)}`, true);
    return false;
  }
}

/** As a command takes it; nothing where nothing was said. */
export const said = (comment: string | undefined): { readonly comment?: string } =>
  comment === undefined || comment.trim() === '' ? {} : { comment };

/** Every open alarm of the page, as far as `page` is shown. `open`: those that are open in it. */
export async function acknowledgePage(page: Page, open: readonly Alarm[]): Promise<void> {
  const held = client.peek();
  if (!held || underWay.peek().has(page.id)) return;
  mark(page.id, true);
  try {
    await counted(held.ackPage({ page_id: page.id, upto: page.seq }));
    const now = open.map(({ id }) => held.store.alarms.get(id)).filter((alarm) => alarm !== undefined);
    const again = now.filter((alarm) => stateOf(alarm) === 'open').length;
    const isLater = again === 1 ? 'was triggered again meanwhile and stays' : 'were triggered again meanwhile and stay';
    tell(`${plural(open.length, 'alarm')} acknowledged${again > 0 ? `; ${again} ${isLater} open` : ''}.`);
  } catch (error) {
    tell(reason(error), true);
  } finally {
    mark(page.id, false);
  }
}

/** Why an acknowledgement was refused, as a sentence. */
export function reason(error: unknown): string {
  if (error instanceof AlarmServerError && error.code === 'already_acknowledged') {
    const { by } = (error.details ?? {}) as { by?: string };
    return `${by === undefined ? 'Somebody' : nameOf(by)} has acknowledged it already.`;
  }
  if (error instanceof AlarmServerError && (error.code === 'nothing_open' || error.code === 'nothing_to_do'))
    return 'Nothing is open any more.';
  return sentence(error);
}
