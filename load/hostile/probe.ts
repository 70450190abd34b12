/** Another user: triggers an alarm at a fixed rate, and sees it on another socket. An attack must not change how long that takes. */
import { WebSocket } from 'ws';
import { nowUs } from '../clock.js';
import { LatencyRecorder, type LatencySummary, mergeLatencies } from '../latency.js';

/** Between two triggers, in ms: a quarter of what one user may send. */
const EVERY_MS = 20;
/** A trigger without an update by then is given up, in ms; it counts with that time. */
const PATIENCE_MS = 30_000;
const RECONNECT_MS = 100;

export interface ProbeAccount {
  readonly token: string;
  readonly alarmId: string;
}

export class Probe {
  readonly #url: string;
  readonly #account: ProbeAccount;
  /** When a trigger was due, by its price. */
  readonly #due = new Map<number, number>();
  readonly #sockets: WebSocket[] = [];
  #recorder = new LatencyRecorder();
  #refused = new Map<string, number>();
  #cuts = 0;
  #price = 0;
  #timer: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(url: string, account: ProbeAccount) {
    this.#url = url;
    this.#account = account;
  }

  /** Resolves when both sockets are there. */
  async start(): Promise<void> {
    await Promise.all([this.#open(0), this.#open(1)]);
    let next = performance.now();
    const tick = (): void => {
      next += EVERY_MS;
      this.#trigger();
      this.#timer = setTimeout(tick, Math.max(0, next - performance.now()));
    };
    tick();
  }

  /** What was measured since the last call; triggers not seen yet count with the time they have waited so far. */
  window(): { latency: LatencySummary; refused: readonly [string, number][]; cuts: number } {
    const now = nowUs();
    for (const due of this.#due.values()) this.#recorder.record(now - due);
    this.#due.clear();
    const found = { latency: mergeLatencies([this.#recorder.encode()]), refused: [...this.#refused], cuts: this.#cuts };
    this.#recorder = new LatencyRecorder();
    this.#refused = new Map();
    this.#cuts = 0;
    return found;
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const socket of this.#sockets) socket.terminate();
  }

  #trigger(): void {
    const [publisher] = this.#sockets;
    const price = ++this.#price;
    const now = nowUs();
    this.#due.set(price, now);
    if (publisher?.readyState === WebSocket.OPEN)
      publisher.send(
        `{"type":"trigger_alarm","id":"probe-${price}","payload":{"alarm_id":"${this.#account.alarmId}","price":${price}}}`,
      );
    for (const [old, due] of this.#due) {
      if (now - due < PATIENCE_MS * 1_000) break;
      this.#due.delete(old);
      this.#recorder.record(now - due);
    }
  }

  #open(which: 0 | 1): Promise<void> {
    return new Promise((resolve) => {
      const socket = new WebSocket(`${this.#url.replace(/^http/, 'ws')}/ws?token=${this.#account.token}`);
      this.#sockets[which] = socket;
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (this.#isOver) return;
        this.#cuts += 1;
        setTimeout(() => void this.#open(which).then(resolve), RECONNECT_MS);
      });
      socket.on('message', (data: Buffer) => {
        const text = data.toString();
        if (text.startsWith('{"type":"initial_state"')) resolve();
        else if (which === 1 && text.includes('"triggered"')) this.#seen(text);
        else if (which === 0 && text.startsWith('{"type":"error"')) this.#refusal(text);
      });
    });
  }

  #seen(text: string): void {
    const { payload } = JSON.parse(text) as { payload: { action?: string; data: { price: number } } };
    const due = this.#due.get(payload.data.price);
    if (due === undefined) return;
    this.#due.delete(payload.data.price);
    this.#recorder.record(nowUs() - due);
  }

  /** A refused trigger is never seen: it is counted as that, not as one that takes forever. */
  #refusal(text: string): void {
    const { id, payload } = JSON.parse(text) as { id?: string; payload: { code: string } };
    this.#refused.set(payload.code, (this.#refused.get(payload.code) ?? 0) + 1);
    if (id?.startsWith('probe-')) this.#due.delete(Number(id.slice('probe-'.length)));
  }
}
