/** Options of the client and of a single command. */
import type { BackOff } from './back-off.js';
import type { SocketConstructor } from './connection.js';
import type { CredentialOptions } from './credential.js';
import type { Timers } from './timers.js';

export interface AlarmClientOptions extends CredentialOptions {
  /** The server's address, like http://127.0.0.1:8080, or its socket's, like wss://alarms.example/ws. */
  readonly url: string;
  /** Default: the platform's own. Node 20 has none: pass that of the ws package. */
  readonly WebSocket?: SocketConstructor;
  /**
   * How long a connection may take until its state has arrived, in ms. Default: 30,000. It doubles, up to 16 times, with each
   * consecutive connection whose state did not arrive in time, so that a large state eventually arrives on a slow connection.
   */
  readonly openTimeoutMs?: number;
  /** How long a command waits for its answer, in ms, connected or not. Default: until the client ends. */
  readonly answerTimeoutMs?: number;
  /** False: the client ends with its first connection. Default: pauses of up to 1 s, doubling up to 30 s. */
  readonly reconnect?: boolean | BackOff;
  /**
   * Time without a message after which a connection is considered dead, in ms; 0: never. Default: 60,000. Not used with a server
   * that only has the base contract.
   */
  readonly silenceLimitMs?: number;
  /** For tests. */
  readonly timers?: Timers;
  /** Source of the random pauses, from 0 to below 1. Default: Math.random. */
  readonly random?: () => number;
}

export interface CommandOptions {
  /** 1 to 64 characters, unique per user. Default: a random UUID. The same command sent again with the same id takes effect once. */
  readonly id?: string;
  /** Replaces the client's `answerTimeoutMs`, in ms. */
  readonly timeoutMs?: number;
}

/** Throws TypeError, naming the option, for numbers that would make a timer fire immediately or never. */
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
