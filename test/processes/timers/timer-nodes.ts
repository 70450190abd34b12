/**
 * Two nodes that share a log in memory: each with its live state, its clock, its timers and the decider. The log takes an append only at
 * the expected revision. Nodes stop and come back, read late, and do not learn whether an append was taken.
 */

import { settleAlarmCommand } from '../../../src/commands/alarms/settle-alarm.js';
import type { Command } from '../../../src/commands/command.js';
import { noCountLimits } from '../../../src/commands/count-limits.js';
import { type Bounds, decider } from '../../../src/commands/handling/decider.js';
import { SharedLimit } from '../../../src/commands/shared-limit.js';
import type { DomainEvent } from '../../../src/domain/events.js';
import type { Refusal, RefusalCode } from '../../../src/domain/refusals.js';
import { pageStream } from '../../../src/domain/streams.js';
import type { NewEvent, RecordedEvent } from '../../../src/log/event-log.js';
import { Timers } from '../../../src/processes/timers/timers.js';
import { LiveState } from '../../../src/projections/live-state.js';
import { LogClock } from '../../../src/projections/log-clock.js';

export const PAGE = 'page';

/** Real time, in milliseconds since 1970. */
export interface World {
  now: number;
  readonly log: RecordedEvent[];
}

export class TimerNode {
  readonly #world: World;
  readonly #offsetMs: number;
  readonly #jitter: number;
  /** Whether its next append is taken without an answer. */
  losesAnswer = false;
  live = new LiveState();
  timers: Timers | undefined;
  #clock = new LogClock();
  #read = 0;

  /** `offsetMs`: by how much its clock is wrong. `jitter`: from 0 to 1. */
  constructor(world: World, offsetMs: number, jitter: number) {
    this.#world = world;
    this.#offsetMs = offsetMs;
    this.#jitter = jitter;
    this.start();
  }

  get isUp(): boolean {
    return this.timers !== undefined;
  }

  /** With what the log holds, as after a restart. */
  start(): void {
    this.live = new LiveState();
    this.#read = 0;
    this.#clock = new LogClock({ wall: () => this.#world.now + this.#offsetMs, monotonic: () => this.#world.now });
    this.timers = undefined;
    this.read();
    this.timers = new Timers({
      live: this.live,
      at: () => this.#clock.at(),
      isShared: true,
      random: () => this.#jitter,
      settle: (alarm_id, done) => done(this.#settle(alarm_id)),
    });
  }

  kill(): void {
    this.timers = undefined;
  }

  read(): void {
    for (; this.#read < this.#world.log.length; this.#read += 1) {
      const recorded = this.#world.log[this.#read];
      if (!recorded) return;
      const folded = this.live.fold(recorded);
      this.#clock.observe(recorded.metadata.at);
      this.timers?.onFolded(folded);
    }
  }

  /** Undefined: it conflicted with what the other node had appended, which this one has not read. */
  ask(command: Command, payload: unknown, by: string): Refusal | 'done' | 'unknown' | undefined {
    const events: NewEvent[] = [];
    const bounds: Bounds = {
      limits: noCountLimits,
      underWay: () => 0,
      mayGrow: () => true,
      shared: new SharedLimit(Infinity),
      open: () => null,
      settle: (event) => events.push(event),
    };
    const start = { several: false, inFlight: [] };
    const key = `key-${this.#world.log.length}-${Math.round(this.#offsetMs)}`;
    const asked = { command, payload, by, key, identified: undefined };
    const decided = decider(pageStream(PAGE), this.live, this.#clock.at(), start, bounds)(asked);
    if (!('code' in decided)) events.push(decided);
    const revision = this.live.pages.get(PAGE)?.seq ?? -1;
    if (events.length > 0 && !append(this.#world.log, pageStream(PAGE), revision, events)) return undefined;
    if (this.losesAnswer) {
      this.losesAnswer = false;
      return 'unknown';
    }
    return 'code' in decided ? decided : 'done';
  }

  #settle(alarm_id: string): RefusalCode {
    const answer = this.ask(settleAlarmCommand, { alarm_id }, 'system');
    // As the server does after a conflict: read, and decide again.
    if (answer === undefined) this.read();
    return typeof answer === 'object' ? answer.code : 'nothing_to_do';
  }
}

/** False if the stream is not at this revision. */
export function append(log: RecordedEvent[], stream: string, revision: number, events: readonly NewEvent[]): boolean {
  const last = log.findLast((event) => event.stream === stream)?.revision ?? -1;
  if (last !== revision) return false;
  events.forEach(({ id, event, metadata }, at) =>
    log.push({
      position: String(log.length + 1),
      stream,
      revision: revision + 1 + at,
      id,
      event: event as DomainEvent,
      metadata,
    } as RecordedEvent),
  );
  return true;
}
