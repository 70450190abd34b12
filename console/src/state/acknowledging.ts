/** Acknowledges alarms as far as the person has seen them: a trigger that comes meanwhile stays open. */
import { type Alarm, AlarmServerError } from '@alarm-server/client';
import { signal } from '@preact/signals';
import { sentence } from './failure.js';
import { plural } from './format.js';
import { statusOf } from './life.js';
import { client, counted } from './live.js';
import { nameOf } from './names.js';
import { tell } from './ui.js';

/** Alarms whose acknowledgement is not confirmed yet. */
export const underWay = signal<ReadonlySet<string>>(new Set());

function mark(alarmId: string, isUnderWay: boolean): void {
  const next = new Set(underWay.peek());
  if (isUnderWay) next.add(alarmId);
  else next.delete(alarmId);
  underWay.value = next;
}

/** Resolves with the reason, where it was refused. */
async function acknowledgeOne(alarm: Alarm): Promise<unknown> {
  const upto = statusOf(alarm).last_seq;
  const held = client.peek();
  if (upto === undefined || !held || underWay.peek().has(alarm.id)) return undefined;
  mark(alarm.id, true);
  try {
    await counted(held.ackAlarm({ alarm_id: alarm.id, upto }));
    return undefined;
  } catch (error) {
    return error;
  } finally {
    mark(alarm.id, false);
  }
}

export async function acknowledge(alarm: Alarm): Promise<void> {
  const error = await acknowledgeOne(alarm);
  if (error !== undefined) tell(`${alarm.ticker}: ${reason(error)}`, true);
}

/** All of them; what fails is said in one sentence, with the first reason. */
export async function acknowledgeAll(alarms: readonly Alarm[]): Promise<void> {
  const errors = (await Promise.all(alarms.map(acknowledgeOne))).filter((error) => error !== undefined);
  const done = alarms.length - errors.length;
  if (errors.length === 0) tell(`${plural(done, 'alarm')} acknowledged.`);
  else tell(`${plural(done, 'alarm')} acknowledged, ${errors.length} not. ${reason(errors[0])}`, true);
}

function reason(error: unknown): string {
  if (error instanceof AlarmServerError && error.code === 'already_acknowledged') {
    const { by } = (error.details ?? {}) as { by?: string };
    return `${by === undefined ? 'Somebody' : nameOf(by)} has acknowledged it already.`;
  }
  if (error instanceof AlarmServerError && error.code === 'nothing_open') return 'Nothing is open any more.';
  return sentence(error);
}
