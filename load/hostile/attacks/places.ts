/** Scarce places: file descriptors (M4), tickets (M5). */
import { connect, type Socket } from 'node:net';
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';

/** More than the server may have open. */
const CONNECTIONS = 2_000;
const DESCRIPTORS = 1_024;

export const descriptors: Attack = {
  name: 'descriptors',
  found: 'M4: out of descriptors, no new request was served',
  descriptors: DESCRIPTORS,
  run: async (attacker) => {
    const { hostname, port } = new URL(attacker.settings.url);
    const open: Socket[] = [];
    await attacker.over(CONNECTIONS, async (lane) => {
      const connection = connect({ host: hostname, port: Number(port), localAddress: attacker.settings.localAddress });
      open.push(connection);
      const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
      connection.on('error', (error: NodeJS.ErrnoException) => attacker.tally.add(`connection: ${error.code}`));
      connection.resume();
      // Half of them have begun a request.
      if (lane % 2 === 0) connection.write('GET /health HTTP/1.1\r\nHost: x\r\n');
      while (!attacker.isOver && !connection.destroyed) await Promise.race([closed, pause(500)]);
      if (!attacker.isOver) attacker.tally.add('connection ended by the server');
      await pause(50);
    });
    for (const connection of open) connection.destroy();
  },
};

export const tickets: Attack = {
  name: 'tickets',
  found: 'M5: 100 accounts took all 10,000 tickets, and nobody else was given one',
  accomplices: 40,
  run: (attacker) => {
    const accounts = [attacker.account, ...attacker.settings.accomplices];
    return attacker.over(accounts.length, (lane) =>
      attacker.http('POST', '/ws-ticket', { token: accounts[lane]!.token }),
    );
  },
};
