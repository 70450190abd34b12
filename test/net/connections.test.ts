/** Connections, counted as uWebSockets.js lets them be: it never says whose connection has closed. */
import t from 'tap';
import { Connections } from '../../src/net/connections.js';

const MINUTE = 60_000;

function counting({ limit = 10, descriptors = Infinity, sockets = 0 } = {}) {
  let now = 0;
  const refused: string[] = [];
  const connections = new Connections({
    connectionsPerAddress: limit,
    descriptors,
    sockets: () => sockets,
    addressOf: (peer) => (peer === 'proxy' ? undefined : peer),
    onRefused: (why, peer) => void refused.push(`${why} ${peer}`),
    now: () => now,
  });
  let change: (connection: any, change: number) => void = () => undefined;
  connections.guarding({ filter: (filter: any) => (change = filter) } as any).filter(() => undefined);
  return {
    connections,
    refused,
    pass: (milliseconds: number) => void (now += milliseconds),
    /** A connection of this peer; whether it was let in. `gone` is what uWebSockets.js calls if it breaks without a request. */
    open: (peer: string) => {
      const connection = {
        isClosed: false,
        gone: () => undefined as void,
        pause: () => undefined,
        resume: () => undefined,
        onAborted: (handler: () => void) => (connection.gone = handler),
        close: () => ((connection.isClosed = true), change({}, -1)),
        getRemoteAddressAsText: () => new TextEncoder().encode(peer).buffer,
      };
      change(connection, 1);
      return connection;
    },
    close: () => change({}, -1),
  };
}

t.test('RUN-12 an address has so many connections, and others are let in', async (t) => {
  const { connections, refused, open } = counting();
  t.same(
    Array.from({ length: 12 }, () => open('a').isClosed),
    [...Array<boolean>(10).fill(false), true, true],
  );
  t.equal(open('b').isClosed, false);
  for (let at = 0; at < 50; at += 1) t.equal(open('proxy').isClosed, false, 'of a trusted proxy there are any number');
  t.same(refused, ['address a', 'address a']);
  t.same([connections.open, connections.refused], [61, 2]);
});

t.test('RUN-12 what breaks, becomes a socket or ends with its answer makes room at once', async (t) => {
  const { connections, open, close } = counting();
  const all = Array.from({ length: 10 }, () => open('a'));
  t.ok(open('a').isClosed);
  close();
  all[0]!.gone();
  t.notOk(open('a').isClosed, 'one that broke without a request');
  connections.upgraded('a');
  t.notOk(open('a').isClosed, 'one that is a socket now');
  t.ok(connections.isCrowded('a'));
  connections.ended('a');
  close();
  t.notOk(open('a').isClosed, 'one that was answered for the last time');
  t.ok(open('a').isClosed);
});

t.test(
  'RUN-12 of those that were kept for another request at most half are counted for longer than they are there',
  async (t) => {
    const { connections, open, close, pass } = counting();
    open('b');
    for (let at = 0; at < 1_000; at += 1) {
      t.notOk(open('a').isClosed);
      // Answered, and closed by the client a little later: nobody says whose it was.
      if (connections.isCrowded('a')) connections.ended('a');
      close();
    }
    for (let at = 0; at < 5; at += 1) t.notOk(open('a').isClosed, 'half of the limit is always left');
    for (let at = 0; at < 5; at += 1) {
      connections.ended('a');
      close();
    }
    pass(MINUTE);
    t.notOk(connections.isCrowded('a'), 'a minute later it is known that none of the old ones is there');
    for (let at = 0; at < 10; at += 1) t.notOk(open('a').isClosed);
  },
);

t.test('RUN-12 near the limit of open files new connections are closed, from any address', async (t) => {
  const { refused, open, close } = counting({ limit: Infinity, descriptors: 40, sockets: 10 });
  for (let at = 0; at < 17; at += 1) t.notOk(open(`${at}`).isClosed);
  t.ok(open('x').isClosed, 'a third of them is left for files');
  close();
  t.notOk(open('y').isClosed);
  t.same(refused, ['descriptors x']);
});
