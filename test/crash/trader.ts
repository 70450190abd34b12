/** One user under load: keeps some commands pending, and records every answer and update. */
import {
  AlarmClient,
  AlarmServerError,
  ConnectionClosedError,
  OutcomeUnknownError,
  request,
  type ServerMessage,
  type SocketConstructor,
} from '@alarm-server/client';
import { WebSocket } from 'ws';
import { markOf } from './log-events.js';
import type { Observations } from './observations.js';
import { asRequest, chooseOrder, isForHttpOnly, type NextNumber, type Order, type Others } from './orders.js';
import type { Random } from './random.js';

const IN_FLIGHT = 6;
const WITHOUT_ID = 0.2;
const OVER_HTTP = 0.2;

/** Refusals that other users' orders bring about. Any other would be a fault. */
const PLAUSIBLE: ReadonlySet<string | undefined> = new Set(['not_found', 'permission_denied', 'alarm_inactive']);

const EVENT_OF: Readonly<Record<string, string>> = {
  created: 'AlarmCreated',
  updated: 'AlarmUpdated',
  deleted: 'AlarmDeleted',
  triggered: 'AlarmTriggered',
  shared: 'PageShared',
  renamed: 'PageRenamed',
};

export interface Trader {
  readonly user: string;
  readonly token: string;
}

/** An order with the id that makes it one and the same however often it is sent; without one it is sent once. */
export interface Sent {
  readonly order: Order;
  readonly id: string | undefined;
}

export interface Counts {
  sent: number;
  answered: number;
  refused: number;
  unanswered: number;
}

type Outcome = { readonly kind: 'answered'; readonly position: string } | { readonly kind: 'refused' | 'unanswered' };

export class TradingSession {
  /** Orders with ids whose answer never came. */
  readonly unanswered: Sent[] = [];
  /** Orders with ids that were answered, with the position that was answered. */
  readonly answered: (Sent & { readonly position: string })[] = [];
  readonly #url: string;
  readonly #trader: Trader;
  readonly #observations: Observations;
  readonly #counts: Counts;
  readonly #client: AlarmClient;
  readonly #underWay = new Set<Promise<unknown>>();

  /** Resolves when the trader has the state. */
  static async open(url: string, trader: Trader, observations: Observations, counts: Counts): Promise<TradingSession> {
    const session = new TradingSession(url, trader, observations, counts);
    await session.#client.open();
    return session;
  }

  private constructor(url: string, trader: Trader, observations: Observations, counts: Counts) {
    this.#url = url;
    this.#trader = trader;
    this.#observations = observations;
    this.#counts = counts;
    this.#client = new AlarmClient({
      url,
      token: trader.token,
      reconnect: false,
      WebSocket: WebSocket as unknown as SocketConstructor,
    });
    this.#client.on('message', (message) => this.#note(message));
    this.#client.on('gap', (gap) =>
      observations.complaints.push(`${trader.user} missed an update: ${JSON.stringify(gap)}`),
    );
    this.#client.on('error', (error) => {
      if (!(error instanceof AlarmServerError) || !PLAUSIBLE.has(error.code))
        observations.complaints.push(`${trader.user} was told: ${error.message}`);
    });
  }

  /** Seqs of the held pages. */
  get pages(): { readonly id: string; readonly seq: number }[] {
    return [...this.#client.store.pages.values()];
  }

  /** Sends orders until the connection ends; resolves when nothing is on its way any more. */
  async trade(random: Random, others: Others, next: NextNumber): Promise<void> {
    let open = true;
    this.#client.on('state', ({ name }) => (open = name !== 'ended'));
    const { store } = this.#client;
    const view = { pages: store.pages, alarmsOf: (page: string) => store.alarmsOf(page) };
    while (open) {
      if (this.#underWay.size >= IN_FLIGHT) {
        await Promise.race(this.#underWay);
        continue;
      }
      const id = random.chance(WITHOUT_ID) ? undefined : random.uuid();
      const order = chooseOrder(random, view, this.#trader.user, others, next, id === undefined);
      this.#track(this.send({ order, id }, random.chance(OVER_HTTP)));
      // What is not waited for must not crowd out the rest.
      if (id === undefined) await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(this.#underWay);
  }

  /** Sends the order, and notes and gives what became of it. */
  async send({ order, id }: Sent, overHttp: boolean): Promise<Outcome> {
    this.#counts.sent += 1;
    try {
      if (overHttp || isForHttpOnly(order)) return this.#answeredOver(order, id, await this.#request(order, id));
      if (id === undefined) {
        this.#client.send({ type: order.type, payload: order.payload } as never);
        return { kind: 'unanswered' };
      }
      return this.#answeredOver(
        order,
        id,
        await this.#client.command(order.type as never, order.payload as never, { id }),
      );
    } catch (error) {
      return this.#notAnswered({ order, id }, error);
    }
  }

  /** Closes the socket. */
  close(): Promise<void> {
    return this.#client.close();
  }

  async #request(order: Order, id: string | undefined): Promise<{ position: string; seq: number | undefined }> {
    const { method, path, body } = asRequest(order);
    const { position, data } = await request<{ seq?: number } | undefined>(this.#url, method, path, {
      token: this.#trader.token,
      ...(body ? { body } : {}),
      ...(id === undefined ? {} : { idempotencyKey: id }),
    });
    return { position: position!, seq: order.type === 'trigger_alarm' ? data?.seq : undefined };
  }

  #answeredOver(
    order: Order,
    id: string | undefined,
    { position, seq }: { position: string; seq: number | undefined },
  ): Outcome {
    this.#counts.answered += 1;
    this.#observations.answered.push({ by: this.#trader.user, id, mark: order.mark, position, seq });
    if (id !== undefined) this.answered.push({ order, id, position });
    return { kind: 'answered', position };
  }

  #notAnswered(sent: Sent, error: unknown): Outcome {
    const { order, id } = sent;
    if (error instanceof AlarmServerError) {
      this.#counts.refused += 1;
      if (!PLAUSIBLE.has(error.code))
        this.#observations.complaints.push(
          `${order.type} of ${this.#trader.user} was refused: ${error.code}: ${error.message}`,
        );
      if (id !== undefined) this.#observations.refused.push({ by: this.#trader.user, id });
      return { kind: 'refused' };
    }
    // Never sent: there is nothing to know about it.
    if (error instanceof ConnectionClosedError) {
      this.#counts.sent -= 1;
      return { kind: 'unanswered' };
    }
    // fetch says TypeError with a cause where the connection broke.
    if (!(error instanceof OutcomeUnknownError || (error instanceof TypeError && error.cause !== undefined)))
      throw error;
    this.#counts.unanswered += 1;
    if (id !== undefined) this.unanswered.push(sent);
    return { kind: 'unanswered' };
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }

  #note(message: ServerMessage): void {
    const { seen } = this.#observations;
    switch (message.type) {
      case 'initial_state':
        for (const { id, seq } of message.payload.pages) seen.push({ page: id, seq });
        return;
      case 'page_added':
        seen.push({ page: message.payload.page.id, seq: message.payload.page.seq });
        return;
      case 'alarm_update': {
        const { page_id, seq, at, by, action, alarm_id, data } = message.payload;
        const mark =
          action === 'deleted'
            ? undefined
            : markOf(action === 'triggered' ? { price: data.price } : { ticker: data.ticker });
        seen.push({ page: page_id, seq, type: EVENT_OF[action]!, by, at, alarm: alarm_id, mark });
        return;
      }
      case 'page_update': {
        const { page_id, seq, at, by, action, page } = message.payload;
        // Unknown to the table is 'void', which one node never makes.
        seen.push({
          page: page_id,
          seq,
          type: EVENT_OF[action] ?? action,
          by,
          at,
          mark: action === 'renamed' ? page.name : undefined,
        });
        return;
      }
      default:
    }
  }
}
