/** A page on a log that misbehaves on demand, and two users who send commands. */

import { join } from 'node:path';
import type { Test } from 'tap';
import type { Command } from '../../src/commands/command.js';
import { CommandHandler } from '../../src/commands/handling/handler.js';
import type { Outcome } from '../../src/commands/handling/pending-command.js';
import { userActor } from '../../src/domain/authorization.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { Projection } from '../../src/projections/projection.js';
import { temporaryFolder } from '../projections/temporary-folder.js';
import { newEvent, WaywardLog } from './wayward-log.js';

export const olga = '6b1f0f4e-3f0a-4d0c-9a57-0f5f6f1f9b11';
export const vera = '6b1f0f4e-3f0a-4d0c-9a57-0f5f6f1f9b12';
export const PAGE = 'page-1';
export const stream = pageStream(PAGE);
export const share = (subject_id: string, right: boolean): DomainEvent => ({
  type: 'PageShared',
  data: { subject_type: 'user', subject_id, can_view: right, can_edit: right },
});

export interface Desk {
  readonly log: WaywardLog;
  readonly projection: Projection;
  /** Submits it at once; what became of it. */
  ask(by: string, command: Command, payload: unknown, clientId?: string): Promise<Outcome>;
  /** Types of the events in the page's stream since the desk was set up. */
  news(): string[];
}

/** Olga's page with an alarm, which Vera may edit. */
export async function desk(t: Test, ...more: [stream: string, by: string, event: DomainEvent][]): Promise<Desk> {
  const log = new WaywardLog();
  const given = async (to: string, by: string, event: DomainEvent): Promise<void> => {
    const revision = log.events.filter(({ stream: name }) => name === to).length - 1;
    await log.append(to, revision, [newEvent(by, event)]);
  };
  for (const id of [olga, vera])
    await given(`username-${id}`, id, { type: 'UserRegistered', data: { user_id: id, username: id } });
  await given(stream, olga, { type: 'PageCreated', data: { name: 'Alarmes', owner_id: olga } });
  await given(stream, olga, {
    type: 'AlarmCreated',
    data: { alarm_id: 'alarm', ticker: 'EUR/USD', option: 'spot', condition: 'above' },
  });
  await given(stream, olga, share(vera, true));
  for (const [to, by, event] of more) await given(to, by, event);
  const before = log.events.length;
  log.appends.length = 0;

  const failed = (message = 'full'): void => void t.fail(`the read model: ${message}`);
  const projection = await Projection.start(log, {
    file: join(temporaryFolder(t), 'read-model.db'),
    onDiscard: failed,
    onFull: failed,
    onFailed: failed,
  });
  t.teardown(() => projection.close());
  await projection.caughtUp;
  const handling = new CommandHandler({ log, projection, onSettled: () => undefined });
  projection.listen((folded, data) => handling.onFolded(folded, data));
  return {
    log,
    projection,
    ask: (by, command, payload, clientId) =>
      new Promise((settle) =>
        handling.submit({ command, payload: command.payload.parse(payload), actor: userActor(by), clientId, settle }),
      ),
    news: () =>
      log.events
        .slice(before)
        .filter(({ stream: name }) => name === stream)
        .map(({ event }) => event.type),
  };
}

export const price = (value: number) => ({ alarm_id: 'alarm', price: value });
export const revoke = { page_id: PAGE, subject_type: 'user', subject_id: vera, can_view: false, can_edit: false };
export const code = (outcome: Outcome): string => (outcome.kind === 'done' ? outcome.action : outcome.refusal.code);
export const codes = async (outcomes: Promise<Outcome>[]): Promise<string[]> => (await Promise.all(outcomes)).map(code);
