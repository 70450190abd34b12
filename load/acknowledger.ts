/** A viewer who acknowledges: again and again the alarm that they saw triggered last, as far as they have seen its page. */
import type { Faults } from './faults.js';
import { textFrame } from './frames.js';
import type { Message } from './messages.js';
import type { ViewerSocket } from './viewer-socket.js';

/** From an answer to the next acknowledgement, in milliseconds. */
const PAUSE_MS = 50;

/** Somebody else was first, or has cleared it. */
const EXPECTED = new Set(['already_acknowledged', 'nothing_open']);

export interface AcknowledgerOptions {
  readonly name: string;
  readonly faults: Faults;
  /** The alarm's id, and the place of its page among those of the socket. */
  readonly alarmOf: (alarm: number) => { readonly id: string; readonly page: number };
}

type Answer = Extract<Message, { kind: 'success' | 'error' }>;

export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  #socket: ViewerSocket | undefined;
  /** The alarm that was seen triggered last. */
  #last: number | undefined;
  /** Of the acknowledgement under way. */
  #upto = 0;
  #isUnderWay = false;
  #sent = 0;
  /** Acknowledgements that were the first of their triggers. */
  done = 0;

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  start(socket: ViewerSocket): void {
    this.#socket = socket;
  }

  triggered(alarm: number): void {
    this.#last = alarm;
    if (!this.#isUnderWay) this.#acknowledge();
  }

  /** Whether the refusal is one that an acknowledgement may have. */
  isExpected({ id, code }: Extract<Message, { kind: 'error' }>): boolean {
    return id?.startsWith('ack-') === true && EXPECTED.has(code ?? '');
  }

  answered(answer: Answer): void {
    if (!answer.id?.startsWith('ack-')) return;
    if (answer.kind === 'success') {
      this.done += 1;
      const { upto = Infinity } = answer.ack ?? {};
      if (upto > this.#upto)
        this.#options.faults.add(
          'statuses',
          1,
          () => `${this.#options.name}: had seen seq ${this.#upto}, and has acknowledged up to ${upto}`,
        );
    }
    setTimeout(() => {
      this.#isUnderWay = false;
      if (this.#last !== undefined) this.#acknowledge();
    }, PAUSE_MS).unref();
  }

  #acknowledge(): void {
    const socket = this.#socket;
    if (!socket?.isOpen || this.#last === undefined) return;
    const { id: alarm_id, page } = this.#options.alarmOf(this.#last);
    this.#last = undefined;
    this.#isUnderWay = true;
    this.#upto = socket.checker.revisions()[page] ?? 0;
    const payload = { alarm_id, upto: this.#upto };
    // Viewers of one account share its command ids.
    const id = `ack-${this.#options.name}-${(this.#sent += 1)}`;
    socket.send(textFrame(JSON.stringify({ type: 'ack_alarm', id, payload })));
  }
}
