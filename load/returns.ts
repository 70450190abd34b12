/** A worker's returning viewers: all are cut and reconnect, or stop reading and reconnect; oracles check what they receive then. */
import { nowUs } from './clock.js';
import type { Faults } from './faults.js';
import { LatencyRecorder } from './latency.js';
import { Oracle } from './oracle.js';
import type { ReturningViewer } from './returning-viewer.js';
import { StateReader } from './state-reader.js';
import type { ViewerSocket } from './viewer-socket.js';
import type { ReturnReport, StoppedReport } from './worker-protocol.js';

/** Interval at which the bytes received by a reading viewer are noted, in ms. */
const NOTE_MS = 100;

/** Within this time, in µs, an oracle has read what others have. */
const WITNESS_LAG_US = 1e6;

/** How long viewers that read again may take to notice that they were cut, in ms; not longer than they had stopped. */
const END_TIMEOUT_MS = 30_000;

export class Returns {
  readonly viewers: ReturningViewer[] = [];
  readonly states = new StateReader();
  readonly #faults: Faults;
  readonly #refused: Record<string, number> = {};
  #oracles: readonly Oracle[] = [];
  #checked = 0;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  readonly refused = (why: string): void => {
    this.#refused[why] = (this.#refused[why] ?? 0) + 1;
  };

  /** Opens an oracle beside the viewers for each of the tokens, and forgets the states that came before. */
  async watch(url: URL, tokens: readonly string[]): Promise<void> {
    this.#oracles = tokens.map((token) => {
      const address = new URL(url);
      address.searchParams.set('token', token);
      return new Oracle(address, this.#faults);
    });
    await Promise.all(this.#oracles.map(({ ready }) => ready));
    this.states.forget();
  }

  async storm(atUs: number, spreadUs: number): Promise<ReturnReport> {
    await until(atUs);
    for (const viewer of this.viewers) viewer.cut();
    return this.#comeBack((index) => until(atUs + (spreadUs * index) / this.viewers.length));
  }

  /** `watch` is called before they reconnect. */
  async stopReading(forMs: number, beside: ViewerSocket, watch: () => Promise<void>): Promise<StoppedReport> {
    const before = this.viewers.map(({ member }) => member.bytesRead);
    const start = beside.bytesRead;
    const ends = this.viewers.map((viewer) => viewer.expectEnd());
    for (const { member } of this.viewers) member.stopReading();
    const sent: [number, number][] = [];
    const timer = setInterval(() => sent.push([nowUs(), beside.bytesRead - start]), NOTE_MS);
    await until(nowUs() + forMs * 1_000);
    clearInterval(timer);
    const stopped = this.viewers.map(({ member }) => member);
    for (const member of stopped) member.readOn();
    const patience = new Promise<string>((resolve) =>
      setTimeout(resolve, Math.min(END_TIMEOUT_MS, forMs), 'it was not cut'),
    );
    const why = await Promise.all(ends.map((end) => Promise.race([end, patience])));
    const bytesLeft = stopped.reduce((sum, member, at) => sum + member.bytesRead - before[at]!, 0);
    await watch();
    for (const member of stopped) if (member.isOpen) member.cut();
    await this.#comeBack(() => Promise.resolve());
    // An oracle keeps everything it receives, until it has received what the states showed.
    await until(nowUs() + WITNESS_LAG_US);
    this.check();
    return { ends: why, bytesLeft, sent };
  }

  /** Closes the oracles, and compares the received states with theirs; returns their number since the start. */
  check(): number {
    for (const oracle of this.#oracles) oracle.close();
    if (this.#oracles.length > 0) {
      Oracle.check(this.#oracles, this.states.distinct);
      this.#checked += this.states.distinct.length;
    }
    this.#oracles = [];
    this.states.forget();
    return this.#checked;
  }

  async #comeBack(round: (index: number) => Promise<void>): Promise<ReturnReport> {
    const recorders = { resumed: new LatencyRecorder(), fresh: new LatencyRecorder() };
    let allBackUs = 0;
    await Promise.all(
      this.viewers.map(async (viewer, index) => {
        await round(index);
        const { tookUs, atUs } = await viewer.comeBack();
        recorders[viewer.resumes ? 'resumed' : 'fresh'].record(tookUs);
        allBackUs = Math.max(allBackUs, atUs);
      }),
    );
    return { allBackUs, resumed: recorders.resumed.encode(), fresh: recorders.fresh.encode(), refused: this.#refused };
  }
}

const until = (us: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, (us - nowUs()) / 1_000)));
