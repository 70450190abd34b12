/** One viewer's record: everything it received and sent, in one order with the others', and the answers to its commands. */
import type { Random } from '../crash/random.js';
import type { CommandSent, Entry, Message, PageHeld, Unplaced, ViewerHistory } from './recorded.js';

/** Silence after which a viewer gives a connection up, in milliseconds. */
export const SILENCE_MS = 2_500;

/** Refusals that other users' commands, or a page deleted meanwhile, bring about. Any other is complained of. */
const PLAUSIBLE: ReadonlySet<string> = new Set([
  'not_found',
  'permission_denied',
  'alarm_inactive',
  'overloaded',
  'nothing_open',
  'already_acknowledged',
  'nothing_to_do',
]);

/** Of an update whose expiry came before it was decided. */
const isTooLate = (type: string, code: string): boolean =>
  type === 'update_alarm' && (code === 'invalid_message' || code === 'validation_failed');

/** One counter for all viewers of a run: the order of entries. */
export class Count {
  #last = 0;

  next(): number {
    this.#last += 1;
    return this.#last;
  }
}

export interface ViewerOptions {
  readonly name: string;
  readonly user: string;
  readonly token: string;
  /** `http://host:port` of a proxy or of a server itself; asked for each connection and each request. */
  readonly address: () => string;
  /** Whether to resume after a cut, or to begin with a new state. */
  readonly resumes: boolean;
  readonly count: Count;
  readonly random: Random;
}

export class ViewerRecord {
  readonly entries: Entry[] = [];
  readonly commands = new Map<string, CommandSent>();
  readonly complaints: string[] = [];
  readonly #options: ViewerOptions;
  #connection = 0;

  constructor(options: ViewerOptions) {
    this.#options = options;
  }

  /** A connection begins; what is noted from now on is of it. */
  opening(): void {
    this.#connection += 1;
    this.note({ kind: 'opening' });
  }

  note(entry: Unplaced): void {
    this.entries.push({ ...entry, order: this.#options.count.next(), connection: this.#connection } as Entry);
  }

  /** A command that will be sent. */
  command(id: string, type: string): CommandSent {
    const sent: CommandSent = { id, type, times: 0, answers: [] };
    this.commands.set(id, sent);
    return sent;
  }

  /** Takes in a `success` or `error`. The id of the command that it answers; undefined if that has to be sent again, or there is none. */
  answered({ type, id, payload }: Message): string | undefined {
    const sent = id === undefined ? undefined : this.commands.get(id);
    if (!sent) {
      if (type === 'error' && payload.code !== 'not_found')
        this.complaints.push(`was told: ${payload.code}: ${payload.message}`);
      return undefined;
    }
    if (type === 'error' && isForLater(payload.code)) return undefined;
    if (type === 'error') this.refused(sent, payload.code);
    else
      sent.answers.push({
        kind: 'success',
        seq: payload.seq,
        position: payload.position,
        text: JSON.stringify(payload),
        over: 'socket',
      });
    return sent.id;
  }

  refused(sent: CommandSent, code: string): void {
    sent.answers.push({ kind: 'refused', code });
    if (!PLAUSIBLE.has(code) && !isTooLate(sent.type, code))
      this.complaints.push(`${sent.type} ${sent.id} was refused with ${code}`);
  }

  /** `store`: what it holds now. `isWhole`: everything has settled, and it is connected. */
  history(store: ReadonlyMap<string, PageHeld>, isWhole: boolean): ViewerHistory {
    const { user, name } = this.#options;
    return {
      user,
      name,
      entries: this.entries,
      commands: this.commands.values(),
      store,
      isWhole,
      complaints: this.complaints,
    };
  }
}

/** The store of the log does not answer: whether the command had its effect may be unknown, and it is sent again with its id. */
export const isForLater = (code: string): boolean => code === 'store_unavailable' || code === 'not_caught_up';
