/** The oracle: a state that differs from what it received is a fault with its kind; a correct one is not. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tap, { type Test } from 'tap';
import { WebSocketServer } from 'ws';
import { Faults } from '../../load/faults.js';
import { Oracle } from '../../load/oracle.js';
import { StateReader } from '../../load/state-reader.js';

const page = (seq: number) => ({
  id: 'eur',
  name: 'Page',
  owner_id: 'olga',
  is_owner: false,
  seq,
  can_edit: false,
  can_share: false,
});
const alarm = (id: string, last_triggered: string | null = null) => ({
  id,
  page_id: 'eur',
  ticker: 'EUR/USD',
  option: 'spot',
  condition: 'above',
  active: true,
  last_triggered,
});
const update = (seq: number, action: string, data: { id: string }) => ({
  type: 'alarm_update',
  payload: { alarm_id: data.id, page_id: 'eur', action, data, seq, at: 'then', by: 'olga' },
});

/** The page at seq 5 has alarms a and b; then a is triggered, c is made, b goes. */
const start = {
  type: 'initial_state',
  payload: { log: 'log-1', user: { id: 'w', username: 'w' }, pages: [page(5)], alarms: [alarm('a'), alarm('b')] },
};
const updates = [
  update(6, 'triggered', { ...alarm('a', 'then'), price: 1 } as { id: string }),
  update(7, 'created', alarm('c')),
  update(8, 'deleted', alarm('b')),
];
const whole = (seq: number, alarms: object[]) => ({
  type: 'initial_state',
  payload: { log: 'log-1', user: { id: 'v', username: 'v' }, pages: [page(seq)], alarms },
});
const missed = (seq: number, ...some: object[]) => ({
  type: 'resumed',
  id: 'r',
  payload: { log: 'log-1', pages: [{ page: page(seq), updates: some }], removed: [] },
});

/** The faults of these states, by an oracle that received all of the above. */
async function judged(t: Test, states: readonly object[]): Promise<Faults> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const told = new Promise<void>((resolve) => {
    server.on('connection', (socket) => {
      for (const message of [start, ...updates]) socket.send(JSON.stringify(message));
      socket.on('pong', () => resolve());
      socket.ping();
    });
  });
  const faults = new Faults();
  const oracle = new Oracle(new URL(`ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`), faults);
  await oracle.ready;
  await told;
  const reader = new StateReader();
  for (const state of states) {
    const text = Buffer.from(JSON.stringify(state));
    reader.read(text, 0, text.length);
  }
  Oracle.check([oracle], reader.distinct);
  oracle.close();
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
  t.equal(
    faults.counts.errors,
    Object.values(faults.counts).reduce((sum, count) => sum + count),
    'errors only',
  );
  return faults;
}

tap.test('right states, in any order', async (t) => {
  const all = [
    whole(8, [alarm('a', 'then'), alarm('c')]),
    missed(8, ...updates),
    whole(5, [alarm('a'), alarm('b')]),
    missed(8),
    missed(7, updates[1]!),
    whole(7, [alarm('a', 'then'), alarm('b'), alarm('c')]),
  ];
  t.same((await judged(t, all)).examples, []);
});

const wrong: Record<string, [state: object, why: RegExp]> = {
  'an alarm as it was before': [whole(6, [alarm('a'), alarm('b')]), /seq 6 .*alarm a is another/],
  'an alarm too few': [whole(7, [alarm('a', 'then'), alarm('b')]), /2 alarms, and not 3/],
  'an alarm that has gone': [whole(8, [alarm('a', 'then'), alarm('c'), alarm('b')]), /3 alarms, and not 2/],
  'a page further on than anybody knows': [whole(9, [alarm('a', 'then'), alarm('c')]), /seqs from 5 to 8/],
  'an update with other content': [missed(7, update(7, 'created', alarm('d'))), /update of seq 7 is another/],
  'a hole between updates': [missed(8, updates[0]!, updates[2]!), /update of seq 6 is another/],
};

for (const [name, [state, why]] of Object.entries(wrong)) {
  tap.test(`a wrong state: ${name}`, async (t) => {
    const faults = await judged(t, [state, missed(8, ...updates)]);
    t.equal(faults.counts.errors, 1);
    t.match(faults.examples[0], why);
  });
}
