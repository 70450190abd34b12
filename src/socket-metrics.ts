/** The metrics of sockets that are over: refused, cut because they read too slowly, or closed, by close code. */
import { Counter, type Registry } from 'prom-client';

/** The codes of RFC 6455 and those of this server (protocol/close-codes.ts). A client may close with any other one, which is `other`. */
const isCounted = (code: number): boolean =>
  (code >= 1_000 && code <= 1_015) || (code >= 4_000 && code <= 4_009) || (code >= 4_500 && code <= 4_509);

export class SocketMetrics {
  readonly #refused: Counter<'code'>;
  readonly #tooSlow: Counter;
  readonly #closed: Counter<'code'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#refused = new Counter({
      name: 'alarm_server_sockets_refused_total',
      help: 'Sockets with a valid token that were refused, by code.',
      labelNames: ['code'],
      registers,
    });
    this.#tooSlow = new Counter({
      name: 'alarm_server_sockets_too_slow_total',
      help: 'Sockets that were cut because they read too slowly.',
      registers,
    });
    this.#closed = new Counter({
      name: 'alarm_server_sockets_closed_total',
      help: 'Sockets that were closed, by close code: of the server, or of the client; 1006 is a connection that broke.',
      labelNames: ['code'],
      registers,
    });
  }

  /** A limit was reached. */
  refused(code: string): void {
    this.#refused.labels(code).inc();
  }

  tooSlow(): void {
    this.#tooSlow.inc();
  }

  closed(code: number): void {
    this.#closed.labels(isCounted(code) ? String(code) : 'other').inc();
  }
}
