/** A change of the password under an open client, against the real server. */
import { AlarmClient, request } from '@alarm-server/client';
import t from 'tap';
import { WebSocket } from 'ws';
import { PASSWORD, startServer } from '../e2e/test-server.js';

t.test(
  'CLI-16 after a change of the password the same client goes on with the new token, over later connections too',
  async (t) => {
    const { url, person } = await startServer(t);
    const { token } = await person('john');
    const client = await AlarmClient.connect({ url, token, WebSocket });
    t.teardown(() => client.close());
    const change = { old: PASSWORD, new: `${PASSWORD} 2` };
    const { data } = await request<{ access_token: string }>(url, 'POST', '/password', { token, body: change });
    await client.refresh(data.access_token);
    t.equal((await client.createPage({ name: 'Mine' })).name, 'Mine', 'on the same socket');
    await client.close();
    await t.rejects(
      request(url, 'GET', '/me', { token }),
      { name: 'AlarmServerError', status: 401 },
      'the old token is worthless',
    );
    await client.open();
    t.equal((await client.createPage({ name: 'Ours' })).name, 'Ours', 'on the next one');
  },
);
