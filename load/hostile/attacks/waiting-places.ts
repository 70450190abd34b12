/** Commands from many sockets at once, so that no place to wait is left for others (H5). */
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';
import { sendBatch } from '../commands-at-once.js';
import { makePages } from '../holdings.js';

const SOCKETS = 100;
/** Commands in one write of one socket. */
const BATCH = 1_000;

let pages: string[] = [];

export const waitingPlaces: Attack = {
  name: 'waiting-places',
  found: 'H5: one user took the 50,000 waiting places, and others were answered `overloaded`',
  prepare: async (attacker) => {
    pages = await makePages(attacker, 10);
  },
  run: async (attacker) => {
    const sockets = await attacker.sockets(SOCKETS);
    await attacker.over(SOCKETS, async (lane) => {
      const socket = sockets[lane];
      if (!socket?.isOpen)
        return void ((sockets[lane] = (await attacker.socket())!), sockets[lane] ?? (await pause(100)));
      await sendBatch(
        socket,
        Array.from({ length: BATCH }, (_, n) => ({
          type: 'rename_page',
          payload: { page_id: pages[n % Math.max(1, pages.length)] ?? 'none', name: `Name ${n}` },
        })),
      );
    });
  },
};
