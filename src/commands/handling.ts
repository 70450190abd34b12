/**
 * The one place where commands meet the log. They are decided in turns of a stream (turn-queue.ts), all events of a turn are
 * appended at once, and a turn ends when the feed has brought them back: then they are durable, folded and handed to the
 * sockets, and its commands are answered.
 *
 * Changes of groups are turns alone. So on one node a right that comes through a group is never used after it was taken away.
 */
import { notFound, refuse, type Refusal } from '../domain/refusals.js';
import { denied } from '../domain/rights.js';
import { groupStream, pageStream } from '../domain/streams.js';
import type { EventLog, NewEvent } from '../log/event-log.js';
import type { Folded } from '../projections/live-state.js';
import type { Projection } from '../projections/projection.js';
import type { Command } from './command.js';
import { actionOf } from './commands.js';
import { decider, revisionOf, usedLongAgo, type Asked } from './deciding.js';
import { commandKey, contentHash, entityId, freshKey } from './ids.js';
import { TurnQueue } from './turn-queue.js';

/** Commands decided in one turn of a page at most: some 300 KB of events, a third of what an append may hold. */
const TURN_LIMIT = 512;

/** Commands that may wait in all before new ones are refused as `overloaded`. */
const WAITING_LIMIT = 50_000;

/** A command that has had its effect, now or when the same id was sent before. */
export interface Done {
  readonly kind: 'done';
  readonly command: string;
  readonly action: string;
  /** The alarm, page, grant or group, as JSON. */
  readonly data: string;
  /** Revision of its event in its stream: the seq, for a page's. */
  readonly seq: number;
  readonly position: string;
}

export type Outcome = Done | { readonly kind: 'refused'; readonly refusal: Refusal };

/** A command with its validated payload, on its way. */
export interface Request {
  readonly command: Command;
  readonly payload: unknown;
  /** Id of the user who asks. */
  readonly by: string;
  /** The id his client gave the command, if any: it makes it idempotent. */
  readonly clientId: string | undefined;
  /** Called once. */
  readonly settle: (outcome: Outcome) => void;
}

interface Waiting extends Asked {
  readonly request: Request;
}

/** The turn of a stream: over when the log has answered and the feed has brought back every event of it. */
interface Turn {
  /** Commands that have an event under way, by key. */
  readonly underWay: Map<string, Waiting>;
  isAppended: boolean;
}

const full = refuse('store_full', "The disk of the server's log is full: nothing was changed, reading goes on; send it again when there is room", { retry_after_ms: 5_000 });

export class CommandHandling {
  readonly #log: EventLog;
  readonly #projection: Projection;
  readonly #onSettled: (kind: string, outcome: Outcome) => void;
  readonly #queue: TurnQueue<Waiting>;
  readonly #turns = new Map<string, Turn>();
  /** By key, those that wait to see what becomes of the same id sent before. */
  readonly #repeats = new Map<string, Request[]>();
  #waiting = 0;
  #lastAt = '';
  #closed = false;

  /** `onSettled` is told of every outcome, for the metrics. */
  constructor(log: EventLog, projection: Projection, onSettled: (kind: string, outcome: Outcome) => void) {
    this.#log = log;
    this.#projection = projection;
    this.#onSettled = onSettled;
    const { follower } = projection;
    this.#queue = new TurnQueue({
      limit: TURN_LIMIT,
      begin: (stream, commands) => this.#takeTurn(stream, commands),
      paused: () => (follower.isBehind ? (then) => follower.whenDrained(then) : undefined),
    });
  }

  /** From now on nothing is taken in or decided. What still waits is not answered: whoever sent it sends it again to the next process. */
  close(): void {
    this.#closed = true;
  }

  submit(request: Request): void {
    if (this.#closed) return;
    const { command, payload, by, clientId } = request;
    if (this.#waiting >= WAITING_LIMIT) return this.#refuse(request, refuse('overloaded', 'The server has too many commands waiting: send it again in a moment', { retry_after_ms: 1_000 }));
    if (clientId === undefined) return this.#enqueue({ request, command, payload, by, key: freshKey(), identified: undefined });
    const key = commandKey(by, clientId);
    const repeats = this.#repeats.get(key);
    if (repeats) return void repeats.push(request);
    const hash = contentHash(command.kind, payload);
    const before = this.#projection.findCommand(key);
    if (!before) {
      this.#repeats.set(key, []);
      return this.#enqueue({ request, command, payload, by, key, identified: { id: clientId, hash } });
    }
    if (before.hash !== hash) return this.#refuse(request, refuse('id_reused', 'This id was used for a command with other content: give every command an id of its own'));
    this.#answer(request, { kind: 'done', command: before.command, action: actionOf(before.command), data: before.data, seq: before.revision, position: before.position });
  }

  /** To be told of every folded event, after those who push it. */
  onFolded({ recorded, isVoid }: Folded, data: string): void {
    const { metadata, stream, revision, position } = recorded;
    const turn = this.#turns.get(stream);
    const waiting = turn?.underWay.get(metadata.key);
    if (!turn || !waiting) return;
    turn.underWay.delete(metadata.key);
    this.#endTurn(stream, turn);
    if (isVoid) this.#settle(waiting, { kind: 'refused', refusal: denied('view') });
    else this.#settle(waiting, { kind: 'done', command: metadata.command, action: actionOf(metadata.command), data, seq: revision, position });
  }

  #enqueue(waiting: Waiting): void {
    this.#waiting += 1;
    const { command, payload, key } = waiting;
    switch (command.target) {
      case 'page': {
        const page = command.page(payload, this.#projection.live);
        if (page === undefined) this.#settle(waiting, { kind: 'refused', refusal: notFound(command.missing) });
        else this.#queue.add(pageStream(page), waiting, false);
        return;
      }
      case 'new page': {
        const page = entityId(key);
        // An id older than what is remembered, whose page may be deleted by now: its stream is not to be had twice.
        if (waiting.identified && this.#projection.history.data(page, 0) !== undefined) this.#settle(waiting, { kind: 'refused', refusal: usedLongAgo });
        else this.#queue.add(pageStream(page), waiting, false);
        return;
      }
      case 'new group':
        return this.#queue.add(groupStream(entityId(key)), waiting, true);
      case 'group':
        return this.#queue.add(groupStream(command.group(payload)), waiting, true);
    }
  }

  /** Decides the commands and appends their events. False if there is nothing to append. */
  #takeTurn(stream: string, commands: readonly Waiting[]): boolean {
    if (this.#closed) return false;
    const { live } = this.#projection;
    const turn: Turn = { underWay: new Map(), isAppended: false };
    const events: NewEvent[] = [];
    const refused: [Waiting, Refusal][] = [];
    const decide = decider(stream, live, this.#now(), commands.length > 1);
    for (const waiting of commands) {
      const decided = decide(waiting);
      if ('code' in decided) refused.push([waiting, decided]);
      else {
        events.push(decided);
        turn.underWay.set(waiting.key, waiting);
      }
    }
    const settleRefused = (): void => refused.forEach(([waiting, refusal]) => this.#settle(waiting, { kind: 'refused', refusal }));
    if (events.length === 0) {
      settleRefused();
      return false;
    }
    this.#turns.set(stream, turn);
    void this.#log.append(stream, revisionOf(stream, live), events).then((appended) => {
      if (appended.kind === 'appended') {
        // A refusal may rest on what the same turn decided before it, so it has waited until that was durable.
        settleRefused();
        turn.isAppended = true;
        return this.#endTurn(stream, turn);
      }
      this.#turns.delete(stream);
      // What is under way no more was brought by the feed all the same: another writer had had the same command.
      const unanswered = commands.filter((waiting) => turn.underWay.has(waiting.key) || refused.some(([one]) => one === waiting));
      if (appended.kind === 'conflict' && unanswered.length > 0) return this.#queue.putBack(stream, unanswered);
      this.#queue.end(stream);
      if (appended.kind === 'full') for (const waiting of unanswered) this.#settle(waiting, { kind: 'refused', refusal: full });
    });
    return true;
  }

  #endTurn(stream: string, { underWay, isAppended }: Turn): void {
    if (underWay.size > 0 || !isAppended) return;
    this.#turns.delete(stream);
    this.#queue.end(stream);
  }

  #settle(waiting: Waiting, outcome: Outcome): void {
    this.#waiting -= 1;
    this.#answer(waiting.request, outcome);
    const repeats = waiting.identified && this.#repeats.get(waiting.key);
    if (!repeats) return;
    this.#repeats.delete(waiting.key);
    // By then an effect is on record; after a refusal each repeat is an attempt of its own.
    if (repeats.length > 0) setImmediate(() => repeats.forEach((request) => this.submit(request)));
  }

  #refuse(request: Request, refusal: Refusal): void {
    this.#answer(request, { kind: 'refused', refusal });
  }

  #answer(request: Request, outcome: Outcome): void {
    this.#onSettled(request.command.kind, outcome);
    request.settle(outcome);
  }

  /** The time of a turn; it never runs backwards, whatever the system's clock does. */
  #now(): string {
    const now = new Date().toISOString();
    if (now > this.#lastAt) this.#lastAt = now;
    return this.#lastAt;
  }
}
