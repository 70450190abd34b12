/** A person at a desk: a socket for commands and answers, and HTTP requests beside it. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import { type HttpAnswer, type HttpOptions, request } from './http-requests.js';
import { type Message, openRaw, type RawSocket } from './raw-socket.js';
import type { Person, TestServer } from './test-server.js';

export interface Desk extends RawSocket {
  readonly person: Person;
  readonly initial: Message;
  /** Sends a command with an id (one of its own, if none is given) and gives what answers it: a `success` or an `error`. */
  ask(type: string, payload: unknown, id?: string): Promise<Message>;
  /**
   * Sends the command, and gives the payload of its `success`; any other answer is an error of the test. Only where the store is late, as it
   * is on a busy machine, it is sent again with the same id, as clients do.
   */
  must(type: string, payload: unknown, id?: string): Promise<any>;
  /** Sends all of them in one write. */
  sendTogether(messages: readonly unknown[]): void;
  /** Resolves when all that the server has handed to this socket until now has arrived. */
  fence(): Promise<void>;
  /** A request of the person's. A read that names no position is asked again where the tables are late, as they are on a busy machine. */
  http(method: string, path: string, options?: HttpOptions): Promise<HttpAnswer>;
}

export type Granted = 'view' | 'edit' | 'nothing';

/** The payload of a share_page. */
export const grant = (page_id: string, subject_type: 'user' | 'group', subject_id: string, granted: Granted) => ({
  page_id,
  subject_type,
  subject_id,
  can_view: granted !== 'nothing',
  can_edit: granted === 'edit',
});

/** The payload of a create_alarm. */
export const alarmOn = (page_id: string, ticker = 'EUR/USD') => ({
  page_id,
  ticker,
  option: 'spot',
  condition: 'above',
});

/** Opens a socket of the person and waits for its state. */
export async function sitDown(t: Test, { url }: Pick<TestServer, 'url'>, person: Person): Promise<Desk> {
  const raw = await openRaw(t, url, person.token);
  const initial = await raw.next('initial_state');
  const answers = new Map<string, (message: Message) => void>();
  raw.socket.on('message', () => {
    const message = raw.messages.at(-1)!;
    if (message.id === undefined || (message.type !== 'success' && message.type !== 'error')) return;
    answers.get(message.id)?.(message);
    answers.delete(message.id);
  });
  const ask = (type: string, payload: unknown, id: string = randomUUID()): Promise<Message> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () =>
          reject(
            new Error(`${type} ${id} was not answered; what came last: ${JSON.stringify(raw.messages.slice(-5))}`),
          ),
        10_000,
      );
      answers.set(id, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      raw.send({ type, id, payload });
    });
  return {
    ...raw,
    person,
    initial,
    ask,
    must: async (type, payload, id = randomUUID()) => {
      for (;;) {
        const answer = await ask(type, payload, id);
        if (answer.type === 'success') return answer.payload;
        if (answer.payload.code !== 'store_unavailable')
          throw new Error(`${type} was refused: ${JSON.stringify(answer.payload)}`);
        await new Promise((resolve) => setTimeout(resolve, answer.payload.details.retry_after_ms));
      }
    },
    sendTogether: (messages) => {
      const { _socket: stream } = raw.socket as unknown as { _socket: Socket };
      stream.cork();
      for (const message of messages) raw.send(message);
      stream.uncork();
    },
    // An unknown command is refused at once, after everything that was sent before.
    fence: async () => void (await ask('fence', {})),
    http: async (method, path, options) => {
      for (;;) {
        const answer = await request(url, method, path, { token: person.token, ...options });
        const isOfPosition = /[?&](min_position|after)=/.test(path);
        if (method !== 'GET' || isOfPosition || answer.json?.code !== 'not_caught_up') return answer;
      }
    },
  };
}

/** A group of the person's, with these members besides the person. Gives its id. */
export async function makeGroup(owner: Desk, name: string, members: readonly Person[]): Promise<string> {
  const { status, json } = await owner.http('POST', '/groups', { body: { name } });
  if (status !== 201) throw new Error(`no group was made: ${JSON.stringify(json)}`);
  for (const member of members) await owner.http('POST', `/groups/${json.id}/members/${member.id}`);
  return json.id as string;
}
