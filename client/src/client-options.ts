/** What an application may set, for the whole client and for one command. */
import type { BackOff } from './back-off.js';
import type { SocketConstructor } from './connection.js';
import type { CredentialOptions } from './credential.js';
import type { Timers } from './timers.js';

export interface AlarmClientOptions extends CredentialOptions {
  /** The server's address, like http://127.0.0.1:8080, or its socket's, like wss://alarms.example/ws. */
  readonly url: string;
  /** The platform's own by default. Node 20 has none: pass that of the ws package. */
  readonly WebSocket?: SocketConstructor;
  /**
   * How long a connection may take until its state has arrived, in ms. 30,000 by default. It doubles, up to 16 times, with each connection in a row whose
   * state did not arrive in time: a large state on a slow link arrives in the end.
   */
  readonly openTimeoutMs?: number;
  /** How long a command waits for its answer, in ms, connected or not. As long as the client has not ended by default. */
  readonly answerTimeoutMs?: number;
  /** False: the first end of the connection is the end of the client. By default pauses of up to 1 s, doubling up to 30 s. */
  readonly reconnect?: boolean | BackOff;
  /** Silence after which a connection is taken for dead, in ms; 0 never. 60,000 by default. Not with a server of the base contract alone. */
  readonly silenceLimitMs?: number;
  /** For tests. */
  readonly timers?: Timers;
  /** From 0 to below 1: the chance in the pauses. Math.random by default. */
  readonly random?: () => number;
}

export interface CommandOptions {
  /** 1 to 64 characters, the user's own; a random UUID by default. The same command sent again with the same id takes effect once. */
  readonly id?: string;
  /** In place of the client's `answerTimeoutMs`, in ms. */
  readonly timeoutMs?: number;
}

/** Throws TypeError, naming the option, for numbers that would make a timer fire at once or never. */
export function checkOptions({
  openTimeoutMs,
  answerTimeoutMs,
  silenceLimitMs,
  reconnect,
}: Partial<AlarmClientOptions>): void {
  checkMs('openTimeoutMs', openTimeoutMs, 1);
  checkMs('answerTimeoutMs', answerTimeoutMs, 1);
  checkMs('silenceLimitMs', silenceLimitMs, 0);
  if (typeof reconnect !== 'object') return;
  checkMs('reconnect.firstMs', reconnect.firstMs, 1);
  checkMs('reconnect.longestMs', reconnect.longestMs, 1);
}

export function checkMs(name: string, ms: unknown, least: number): void {
  if (ms === undefined || (typeof ms === 'number' && ms >= least)) return;
  throw new TypeError(`\`${name}\` must be a number of milliseconds, ${least} or more`);
}
