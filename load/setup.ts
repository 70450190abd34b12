/**
 * Makes what a run needs, through the seed's contract alone: accounts, pages, alarms, grants. Names have a random prefix, so
 * runs against one server are independent. The tool waits for a busy server (429, 503) as long as the server asks.
 */
import { randomBytes } from 'node:crypto';
import {
  AlarmClient,
  AlarmServerError,
  login,
  type MessageOf,
  register,
  request,
  type ServerMessage,
} from '@alarm-server/client';
import { WebSocket } from 'ws';
import type { LoadOptions } from './options.js';

export interface Account {
  readonly id: string;
  readonly token: string;
}

export interface Stage {
  readonly publisher: Account;
  readonly outsider: Account;
  readonly viewers: readonly Account[];
  readonly pages: readonly string[];
  /** `page` is an index into `pages`. */
  readonly alarms: readonly { readonly id: string; readonly page: number }[];
  /** Sets of pages that are seen together (indexes into `pages`); the viewer at index i of `viewers` sees set i % sets. */
  readonly sets: readonly (readonly number[])[];
}

/** Hashes under way at once: a server does few at a time, and answers 503 where its queue is full. */
const LOGINS_AT_ONCE = 4;
const ALARMS_AT_ONCE = 128;
/** The pause if a busy server does not give one. */
const RETRY_MS = 500;
const PATIENCE_MS = 60_000;
const ANSWER_TIMEOUT_MS = 30_000;

export async function setUp(options: LoadOptions): Promise<Stage> {
  const { url, pages: pageCount, users, share } = options;
  const run = `load-${randomBytes(6).toString('hex')}`;
  const names = ['owner', 'publisher', 'outsider', ...Array.from({ length: users }, (_, n) => `viewer-${n}`)];
  const [owner, publisher, outsider, ...viewers] = (await accounts(
    url,
    names.map((name) => `${run}-${name}`),
  )) as [Account, Account, Account, ...Account[]];

  const client = await AlarmClient.connect({ url, token: owner.token, WebSocket, reconnect: false });
  try {
    const stage = new StageBuilder(client, owner.token, url);
    const pages: string[] = [];
    for (let n = 0; n < pageCount; n++) pages.push(await stage.page(`${run} ${n}`));
    const setCount = Math.min(users, pageCount);
    const sets = Array.from({ length: setCount }, (_, set) =>
      pages.map((_page, index) => index).filter((index) => index % setCount === set),
    );
    const seenBy = new Map<string, Account[]>(pages.map((page) => [page, [publisher]]));
    viewers.forEach((viewer, n) => sets[n % setCount]!.forEach((page) => seenBy.get(pages[page]!)!.push(viewer)));
    if (share === 'user')
      for (const [page, accounts] of seenBy) for (const { id } of accounts) await stage.share(page, 'user', id);
    else {
      for (const set of sets) {
        const group = await stage.group(`${run} group`, seenBy.get(pages[set[0]!]!)!);
        for (const page of set) await stage.share(pages[page]!, 'group', group);
      }
    }
    return { publisher, outsider, viewers, pages, alarms: await stage.alarms(pages, options.alarms), sets };
  } finally {
    await client.close();
  }
}

async function accounts(url: string, names: readonly string[]): Promise<Account[]> {
  const made: Account[] = [];
  const todo = names.entries();
  const next = async (): Promise<void> => {
    for (const [index, username] of todo) {
      const credentials = { username, password: randomBytes(12).toString('base64url') };
      const { id } = await patiently(() => register(url, credentials));
      made[index] = { id, token: await patiently(() => login(url, credentials)) };
    }
  };
  await Promise.all(Array.from({ length: LOGINS_AT_ONCE }, next));
  return made;
}

/** Tries again what the server is too busy for, when it says, for PATIENCE_MS in all. */
async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      const isBusy = error instanceof AlarmServerError && (error.status === 429 || error.status === 503);
      const waitMs = isBusy ? (error.retryAfterMs ?? RETRY_MS) : Infinity;
      if (Date.now() + waitMs > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }
}

/** The owner's commands, without ids: each is done when the message comes that the seed's contract promises. */
class StageBuilder {
  readonly #client: AlarmClient;
  readonly #token: string;
  readonly #url: string;

  constructor(client: AlarmClient, token: string, url: string) {
    this.#client = client;
    this.#token = token;
    this.#url = url;
  }

  async page(name: string): Promise<string> {
    const created = this.#success('page_created');
    this.#client.send({ type: 'create_page', payload: { name } });
    return ((await created).payload.data as { id: string }).id;
  }

  async share(page_id: string, subject_type: 'user' | 'group', subject_id: string): Promise<void> {
    const shared = this.#success('page_shared');
    this.#client.send({
      type: 'share_page',
      payload: { page_id, subject_type, subject_id, can_view: true, can_edit: false },
    });
    await shared;
  }

  async group(name: string, members: readonly Account[]): Promise<string> {
    const token = this.#token;
    const { data } = await request<{ id: string }>(this.#url, 'POST', '/groups', { token, body: { name } });
    for (const { id } of members) await request(this.#url, 'POST', `/groups/${data.id}/members/${id}`, { token });
    return data.id;
  }

  /** `count` alarms, going round the pages. */
  async alarms(pages: readonly string[], count: number): Promise<Stage['alarms']> {
    const made: { id: string; page: number }[] = [];
    const places = new Map(pages.map((id, index) => [id, index]));
    const isMade = (message: ServerMessage): boolean => {
      if (message.type !== 'alarm_update' || message.payload.action !== 'created') return false;
      return (
        made.push({ id: message.payload.alarm_id, page: places.get(message.payload.page_id)! }) % ALARMS_AT_ONCE ===
          0 || made.length === count
      );
    };
    while (made.length < count) {
      const batch = this.#outcome(isMade);
      for (let n = made.length; n < Math.min(count, made.length + ALARMS_AT_ONCE); n++) {
        this.#client.send({
          type: 'create_alarm',
          payload: { page_id: pages[n % pages.length]!, ticker: 'EUR/USD', option: 'spot', condition: 'above' },
        });
      }
      await batch;
    }
    return made;
  }

  #success(action: string): Promise<MessageOf<'success'>> {
    return this.#outcome((message) => message.type === 'success' && message.payload.action === action) as Promise<
      MessageOf<'success'>
    >;
  }

  /** The first message that `fits`; rejects at an `error`, which can only be about what was just sent. */
  async #outcome(fits: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    const message = await this.#client.waitFor((message) => message.type === 'error' || fits(message), {
      timeoutMs: ANSWER_TIMEOUT_MS,
    });
    if (message.type === 'error') throw new Error(`the server refused to set the stage: ${message.payload.message}`);
    return message;
  }
}
