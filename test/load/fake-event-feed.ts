/** The part of the fake alarm server that gives events to followers and consumers, and wrongs the first of them, once, as it is told to. */
import type { IncomingMessage, ServerResponse } from 'node:http';

export const feedMisdeeds = [
  /** An event does not come. */
  'feed: drop',
  'feed: double',
  /** Two events come in the wrong order. */
  'feed: swap',
  /** An event of a page that the user may not see comes. */
  'feed: leak',
  /** A mark's cursor is before one that was told. */
  'feed: old mark',
  /** The stream ends. */
  'feed: end',
  /** What a consumer has acknowledged comes again. */
  'feed: again',
] as const;
export type FeedMisdeed = (typeof feedMisdeeds)[number];

interface Kept {
  readonly n: number;
  readonly page: string;
  readonly json: string;
}

interface Reader {
  readonly user: string;
  readonly response: ServerResponse;
  readonly isSse: boolean;
  held: Kept | undefined;
}

interface Subscription {
  readonly partitions: number;
  claimed: number;
  readonly acknowledged: number[];
}

const cursorOf = (n: number): string => `fake.s${n}`;

export class FakeEventFeed {
  readonly #misdeed: string;
  readonly #sees: (user: string, page: string) => boolean;
  readonly #events: Kept[] = [];
  readonly #readers = new Set<Reader>();
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #partitions = new Map<string, number>();
  #isTime = false;

  constructor(misdeed: string, sees: (user: string, page: string) => boolean) {
    this.#misdeed = misdeed;
    this.#sees = sees;
  }

  /** `isTime`: whether the misdeed happens at this one. */
  note(page: string, seq: number, type: string, data: object, isTime = false): void {
    const n = this.#events.length + 1;
    const json = JSON.stringify({ cursor: cursorOf(n), id: `event-${n}`, type, page_id: page, seq, data });
    const kept = { n, page, json };
    this.#events.push(kept);
    this.#partitions.set(page, this.#partitions.get(page) ?? this.#partitions.size);
    if (isTime) this.#isTime = true;
    let isFirst = true;
    for (const reader of this.#readers) {
      if (!this.#sees(reader.user, page)) continue;
      if (isTime && isFirst) this.#wrong(reader, kept);
      else {
        this.#send(reader, kept);
        if (reader.held) this.#send(reader, reader.held);
        reader.held = undefined;
      }
      isFirst = false;
    }
  }

  /** False if the path is none of its. `body`: of the request. */
  answer(request: IncomingMessage, response: ServerResponse, body: string): boolean {
    const url = new URL(request.url ?? '', 'http://fake');
    const user = String(request.headers.authorization).replace('Bearer ', '');
    if (url.pathname === '/events') {
      this.#follow(user, request.headers.accept === 'text/event-stream', response);
      return true;
    }
    const [, root, name = '', what] = url.pathname.split('/');
    if (root !== 'subscriptions') return false;
    const key = `${user} ${name}`;
    const json = body === '' ? {} : (JSON.parse(body) as Record<string, any>);
    const reply = (answer: unknown): void => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    };
    const found = this.#subscriptions.get(key);
    if (what === undefined || !found) {
      const partitions = Number(json['partitions']);
      this.#subscriptions.set(key, {
        partitions,
        claimed: 0,
        acknowledged: Array.from({ length: partitions }, () => 0),
      });
      reply({});
    } else if (what === 'claim') reply({ partition: found.claimed++, epoch: 1, lease_s: 30, cursor: cursorOf(0) });
    else if (what === 'ack') {
      found.acknowledged[json['partition']] = Number(json['cursor'].replace('fake.s', ''));
      reply({ partition: json['partition'], cursor: json['cursor'] });
    } else setTimeout(() => reply(this.#read(user, found, Number(url.searchParams.get('partition')))), 20);
    return true;
  }

  #read(user: string, { partitions, acknowledged }: Subscription, partition: number): unknown {
    let after = acknowledged[partition]!;
    if (this.#isTime && this.#misdeed === 'feed: again') {
      this.#isTime = false;
      after -= 1;
    }
    const events = this.#events.filter(
      ({ n, page }) => n > after && this.#sees(user, page) && this.#partitions.get(page)! % partitions === partition,
    );
    return {
      events: events.map(({ json }) => JSON.parse(json) as unknown),
      next: cursorOf(this.#events.length),
      caught_up: true,
      scope: [],
    };
  }

  #follow(user: string, isSse: boolean, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': isSse ? 'text/event-stream' : 'application/x-ndjson' });
    const reader: Reader = { user, response, isSse, held: undefined };
    this.#readers.add(reader);
    response.on('close', () => this.#readers.delete(reader));
    for (const kept of this.#events) if (this.#sees(user, kept.page)) this.#send(reader, kept);
    this.#mark(reader, this.#events.length);
  }

  #wrong(reader: Reader, kept: Kept): void {
    switch (this.#misdeed) {
      case 'feed: drop':
        return;
      case 'feed: double':
        this.#send(reader, kept);
        break;
      case 'feed: swap':
        reader.held = kept;
        return;
      case 'feed: leak':
        this.#send(reader, {
          ...kept,
          json: JSON.stringify({ cursor: cursorOf(kept.n), type: 'X', page_id: 'other', seq: 1 }),
        });
        break;
      case 'feed: old mark':
        this.#send(reader, kept);
        this.#mark(reader, kept.n - 1);
        return;
      case 'feed: end':
        this.#readers.delete(reader);
        reader.response.end();
        return;
    }
    this.#send(reader, kept);
  }

  #send(reader: Reader, { n, json }: Kept): void {
    this.#write(reader, cursorOf(n), json);
  }

  #mark(reader: Reader, n: number): void {
    this.#write(reader, cursorOf(n), JSON.stringify({ mark: { cursor: cursorOf(n), caught_up: true } }));
  }

  #write({ response, isSse }: Reader, cursor: string, json: string): void {
    response.write(isSse ? `id: ${cursor}\ndata: ${json}\n\n` : `${json}\n`);
  }
}
