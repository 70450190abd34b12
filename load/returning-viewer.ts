/** A viewer whose connection is cut and who reconnects: with what it holds, to get what it missed, or for the whole state. */
import { nowUs } from './clock.js';
import { textFrame } from './frames.js';
import type { StateRead, StateReader } from './state-reader.js';
import { ViewerSocket, type ViewerSocketOptions } from './viewer-socket.js';

export interface ReturningViewerOptions extends ViewerSocketOptions {
  readonly resumes: boolean;
  readonly states: StateReader;
  /** Called for every trigger that this viewer receives. */
  readonly triggered: (now: number) => void;
  /** Called for each failed attempt, with the reason from the server or the system. */
  readonly refused: (why: string) => void;
}

/** Pause after a refusal, in ms: this time plus a random part of the same length. */
const RETRY_MS = 500;
const ATTEMPTS = 60;

export class ReturningViewer {
  readonly pages: readonly number[];
  readonly #options: ReturningViewerOptions;
  #member: ViewerSocket;
  /** Why the server ended the connection, since `expectEnd`. */
  #ended: ((why: string) => void) | undefined;
  #log = '';
  /** When the last state was read, µs. */
  #stateAt = 0;

  /** `pages`: those it must see, as indexes into the plan's. */
  constructor(options: ReturningViewerOptions, pages: readonly number[]) {
    this.#options = options;
    this.pages = pages;
    this.#member = this.#connect();
  }

  get member(): ViewerSocket {
    return this.#member;
  }

  get resumes(): boolean {
    return this.#options.resumes;
  }

  cut(): void {
    this.#member.cut();
  }

  /** Resolves with why the server ended the connection, when that is seen; from now on it is no fault. */
  expectEnd(): Promise<string> {
    return new Promise((resolve) => (this.#ended = resolve));
  }

  /** Reconnects, as often as needed. Resolves with the time from the first attempt to the state, in µs, and when that was. */
  async comeBack(): Promise<{ readonly tookUs: number; readonly atUs: number }> {
    const began = nowUs();
    const held = this.#member.checker.revisions();
    for (let attempt = 1; ; attempt++) {
      this.#member = this.#connect(this.#options.resumes ? held : undefined);
      try {
        await this.#member.ready;
        return { tookUs: this.#stateAt - began, atUs: this.#stateAt };
      } catch (error) {
        this.#options.refused((error as Error).message.replace(/^[^:]*: /, ''));
        if (attempt === ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * (1 + Math.random())));
      }
    }
  }

  /** `held`: the revisions to resume from. */
  #connect(held?: readonly number[]): ViewerSocket {
    const { pageSet, states, triggered } = this.#options;
    const resume =
      held &&
      textFrame(
        JSON.stringify({
          type: 'resume',
          id: 'r',
          payload: {
            log: this.#log,
            pages: Object.fromEntries(pageSet.pages.map((page, index) => [page, held[index]])),
          },
        }),
      );
    return new ViewerSocket(
      { ...this.#options, ...(resume === undefined ? {} : { resume }) },
      {
        triggered: (_alarm, _sentAt, now) => triggered(now),
        state: (bytes, start, end) => {
          const state = states.read(bytes, start, end);
          if (!state) return undefined;
          this.#stateAt = nowUs();
          this.#log = state.log;
          if (held) this.#compare(state, held);
          return state.pages;
        },
        ended: (why) => this.#lost(why),
      },
    );
  }

  #lost(why: string): void {
    const { faults, name } = this.#options;
    const expected = this.#ended;
    this.#ended = undefined;
    if (expected) expected(why);
    else faults.add('closed', 1, () => `${name}: ${why}`);
  }

  /** What comes must follow what was held. */
  #compare({ pages }: StateRead, held: readonly number[]): void {
    const { pageSet, faults, name } = this.#options;
    for (const { page, seq, firstUpdate, isWhole } of pages) {
      const last = held[pageSet.indexOf(page) ?? -1];
      if (last === undefined) continue;
      const next = isWhole ? last + 1 : (firstUpdate ?? seq + 1);
      if (next > last + 1)
        faults.add(
          'gaps',
          next - last - 1,
          () => `${name}: resumed page ${page} from seq ${last}, and is told of ${next} next`,
        );
      if (next <= last)
        faults.add(
          'duplicates',
          last + 1 - next,
          () => `${name}: resumed page ${page} from seq ${last}, and is told of ${next} again`,
        );
      if (seq < last)
        faults.add('gaps', last - seq, () => `${name}: held page ${page} at seq ${last}, and is given it at ${seq}`);
    }
  }
}
