/** One person's desk: an account, a real socket, the client's store, and a column of the transcript for everything it receives. */
import { randomBytes } from 'node:crypto';
import {
  AlarmClient,
  AlarmServerError,
  type Credentials,
  login,
  type Page,
  register,
  request,
} from '@alarm-server/client';
import { WebSocket } from 'ws';
import type { Transcript } from './transcript.js';

export interface Desk {
  readonly name: string;
  /** To sign in with in the console. */
  readonly credentials: Credentials;
  readonly userId: string;
  readonly token: string;
  readonly client: AlarmClient;
  /** What went wrong on the way: updates missed, or received for a page that this desk may not see. */
  readonly faults: readonly string[];
  /** Does what may be refused; a refusal is shown in the desk's column. */
  attempt(command: Promise<unknown>): Promise<void>;
}

/** Registers `name` with a random suffix, so that the demo can be played again on the same server. */
export async function openDesk(url: string, name: string, column: number, transcript: Transcript): Promise<Desk> {
  const credentials = {
    username: `${name.toLowerCase()}-${randomBytes(4).toString('hex')}`,
    password: randomBytes(12).toString('base64url'),
  };
  const { id: userId } = await register(url, credentials);
  const token = await login(url, credentials);
  const client = new AlarmClient({ url, token, WebSocket });
  const faults: string[] = [];
  client.on('gap', ({ expected, received }) => faults.push(`missed update ${expected}: ${received} came instead`));
  client.on('unexpected_message', ({ type }) => faults.push(`received ${type} of a page that it may not see`));
  hear(client, (...what) => transcript.hear(column, ...what));
  await client.open();
  return {
    name,
    credentials,
    userId,
    token,
    client,
    faults,
    attempt: (command) =>
      command.then(
        () => undefined,
        (error: unknown) => {
          if (!(error instanceof AlarmServerError)) throw error;
          transcript.hear(column, `✗ ${error.detail}`, 'bad');
        },
      ),
  };
}

/** Everything that the server tells this desk, in a few words each. */
function hear(client: AlarmClient, say: (text: string, style?: 'dim' | 'good' | 'bad' | 'ring') => void): void {
  client.on('page_added', ({ payload: { page, alarms } }) =>
    say(`+ page: ${rightOn(page)}, ${count(alarms.length, 'alarm')}`, 'good'),
  );
  client.on('page_removed', () => say('− page: gone', 'bad'));
  client.on('page_rights', ({ payload: { page } }) => say(`· page: ${rightOn(page)} now`));
  client.on('page_update', ({ payload: { action, comment } }) => say(`· page: ${action}${said(comment)}`, 'dim'));
  client.on('alarm_update', ({ payload: { action, data, change, comment } }) => {
    if (action === 'triggered') say(`* ${data.condition}, at ${data.price?.toFixed(4)}`, 'ring');
    else if (action === 'created') say(`+ alarm ${data.condition}`);
    else say(`· alarm ${data.condition} ${(change ?? action).replace('_', ' ')}${said(comment)}`);
  });
}

const said = (comment: string | null | undefined): string => (comment ? `: “${comment}”` : '');

const rightOn = ({ is_owner, can_edit }: Page): string => (is_owner ? 'mine' : can_edit ? 'may edit' : 'may view');

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Over HTTP, as this desk's person. */
export const get = async <Data>(url: string, path: string, { token }: Desk): Promise<Data> =>
  (await request<Data>(url, 'GET', path, { token })).data;
