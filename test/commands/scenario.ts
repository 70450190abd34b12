/**
 * Given what has happened, when somebody asks for something, then this happens, or this is why not. Decisions are those of
 * the server: the real decider on a real live state, folded from real events; no log, no clock, no double.
 */
import t from 'tap';
import type { Command } from '../../src/commands/command.js';
import { type Bounds, decider } from '../../src/commands/handling/decider.js';
import { entityId } from '../../src/commands/handling/ids.js';
import type { DomainEvent } from '../../src/domain/events.js';
import { type Sealed, sealedText } from '../../src/domain/free-text.js';
import { notFound, type Refusal } from '../../src/domain/refusals.js';
import { groupStream, pageStream } from '../../src/domain/streams.js';
import type { NewEvent } from '../../src/log/event-log.js';
import { LiveState } from '../../src/projections/live-state.js';
import { Recording } from '../domain/recording.js';

export const owner = 'olga';
export const editor = 'edgar';
export const viewer = 'vera';
/** A member of the group, when there is one. */
export const member = 'mary';
export const stranger = 'steve';

export const PAGE = 'page-1';
export const ALARM = 'alarm-1';
export const GROUP = 'desk-1';

/** When a command is taken. */
export const NOW = '2026-02-01T08:00:00.000Z';
const KEY = '0b9a2f4e-7d51-5c0e-8f6e-3c2d1b0a9f8e';
/** The id that a command of this suite gives what it makes. */
export const NEW_ID = entityId(KEY);

interface Past {
  readonly stream: string;
  readonly by: string;
  readonly event: DomainEvent;
}

export class Scenario {
  readonly #past: readonly Past[];

  constructor(past: readonly Past[]) {
    this.#past = past;
  }

  /** The same with one more event behind. */
  given(stream: string, by: string, event: DomainEvent): Scenario {
    return new Scenario([...this.#past, { stream, by, event }]);
  }

  withAlarm(alarm_id = ALARM): Scenario {
    return this.given(pageStream(PAGE), owner, {
      type: 'AlarmCreated',
      data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
    });
  }

  withInactiveAlarm(): Scenario {
    return this.withAlarm().given(pageStream(PAGE), owner, {
      type: 'AlarmUpdated',
      data: { alarm_id: ALARM, active: false },
    });
  }

  /** A grant to the user, or to the group if it is GROUP; 'none' takes it away. */
  sharedTo(subject: string, right: 'view' | 'edit' | 'none'): Scenario {
    const data = {
      subject_type: subject === GROUP ? ('group' as const) : ('user' as const),
      subject_id: subject,
      can_view: right !== 'none',
      can_edit: right === 'edit',
    };
    return this.given(pageStream(PAGE), owner, { type: 'PageShared', data });
  }

  /** GROUP is the owner's, with `member` in it. */
  withGroup(): Scenario {
    return this.given(groupStream(GROUP), owner, {
      type: 'GroupCreated',
      data: { name: 'Desk Euro', owner_id: owner },
    }).given(groupStream(GROUP), owner, { type: 'GroupMemberAdded', data: { user_id: member } });
  }

  without(alarm_id: string): Scenario {
    return this.given(pageStream(PAGE), owner, { type: 'AlarmDeleted', data: { alarm_id } });
  }

  deleted(): Scenario {
    return this.given(pageStream(PAGE), owner, { type: 'PageDeleted', data: {} });
  }

  /** `payload` goes through the command's own schema first. */
  when(by: string, command: Command, payload: unknown, bounds?: Bounds): Decision {
    const live = new LiveState();
    const recording = new Recording();
    for (const { stream, by, event } of this.#past) live.fold(recording.record(stream, by, event));
    return new Decision(this, by, decide(live, by, command, command.payload.parse(payload), bounds));
  }
}

interface Decided {
  readonly stream: string;
  readonly outcome: NewEvent | Refusal;
}

class Decision {
  readonly #scenario: Scenario;
  readonly #by: string;
  readonly #decided: Decided;

  constructor(scenario: Scenario, by: string, decided: Decided) {
    this.#scenario = scenario;
    this.#by = by;
    this.#decided = decided;
  }

  /** Checks the result. The scenario continues after it. `via`: the right by which it was done. */
  then(expected: DomainEvent | Refusal, name: string, via?: string): Scenario {
    const { stream, outcome } = this.#decided;
    if ('code' in outcome || 'code' in expected) {
      t.same(outcome, expected, name);
      return this.#scenario;
    }
    t.same(outcome.event, expected, name);
    t.match(
      outcome.metadata,
      { by: this.#by, at: NOW, key: KEY, ...(via === undefined ? {} : { via }) },
      `${name}: actor, time and right`,
    );
    return this.#scenario.given(stream, this.#by, expected);
  }
}

/** What stands for the user's text in an event. */
export const sealedBy =
  (userId: string) =>
  (text: string): Sealed =>
    sealedText({ userId, key: 0, box: Buffer.from(text).toString('base64url') });

function decide(live: LiveState, by: string, command: Command, payload: unknown, bounds: Bounds | undefined): Decided {
  const stream = streamOf(command, payload, live);
  if (stream === undefined)
    return { stream: '', outcome: notFound(command.target === 'page' ? command.missing : 'group') };
  const asked = { command, payload, by, key: KEY, identified: undefined, seal: sealedBy(by) };
  const [alone, inBatch] = [false, true].map((several) =>
    decider(stream, live, NOW, { several, inFlight: [] }, bounds)(asked),
  );
  t.same(inBatch, alone, 'the same alone and as one of a batch');
  return { stream, outcome: alone! };
}

function streamOf(command: Command, payload: unknown, live: LiveState): string | undefined {
  switch (command.target) {
    case 'page': {
      const id = command.page(payload, live);
      return id === undefined ? undefined : pageStream(id);
    }
    case 'new page':
      return pageStream(entityId(KEY));
    case 'new group':
      return groupStream(entityId(KEY));
    case 'group':
      return groupStream(command.group(payload));
  }
}

/** A page of the owner's, and five people; nothing is shared yet. */
export const page: Scenario = [owner, editor, viewer, member, stranger]
  .reduce(
    (scenario, id) =>
      scenario.given(`username-${id}`, id, { type: 'UserRegistered', data: { user_id: id, username: id } }),
    new Scenario([]),
  )
  .given(pageStream(PAGE), owner, { type: 'PageCreated', data: { name: 'Alarmes EUR/USD', owner_id: owner } });

/** The same page as most live: it has an alarm, somebody may edit it, somebody view it, and so may a group. */
export const desk: Scenario = page
  .withGroup()
  .withAlarm()
  .sharedTo(editor, 'edit')
  .sharedTo(viewer, 'view')
  .sharedTo(GROUP, 'view');

/** What the command's schema says of a payload it does not take; fails if it takes it. */
export function refusedPayload(command: Command, payload: unknown, name: string): void {
  t.equal(command.payload.safeParse(payload).success, false, name);
}
