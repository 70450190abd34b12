/** A viewer's commands over HTTP, each repeated until it is answered, also when connections are cut. */
import type { CommandSent } from './recorded.js';
import { SILENCE_MS, type ViewerOptions, type ViewerRecord } from './viewer-record.js';

/** Before asking again, in milliseconds. */
const PAUSE_MS = 20;

interface Route {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

export class HttpCommands {
  readonly #options: ViewerOptions;
  readonly #record: ViewerRecord;
  #stopped = false;

  constructor(options: ViewerOptions, record: ViewerRecord) {
    this.#options = options;
    this.#record = record;
  }

  /** Resolves when it is answered, or nothing more is asked. */
  async request(id: string, type: string, route: Route): Promise<void> {
    const sent = this.#record.command(id, type);
    while (!this.#stopped && sent.answers.length === 0) {
      sent.times += 1;
      await this.#ask(sent, route).catch(() => new Promise((resolve) => setTimeout(resolve, PAUSE_MS)));
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #ask(sent: CommandSent, { method, path, body }: Route): Promise<void> {
    const { address, token } = this.#options;
    const headers = {
      authorization: `Bearer ${token}`,
      'idempotency-key': sent.id,
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const response = await fetch(`${address()}${path}`, {
      method,
      headers,
      signal: AbortSignal.timeout(SILENCE_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok)
      return void sent.answers.push({
        kind: 'success',
        seq: undefined,
        position: response.headers.get('log-position')!,
        text,
        over: 'http',
      });
    if (response.status === 503 || response.status === 429) throw new Error('to be asked again');
    this.#record.refused(sent, (JSON.parse(text) as { code: string }).code);
  }
}
