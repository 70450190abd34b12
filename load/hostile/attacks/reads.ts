/** Requests that change nothing but cost time: wrong resumes, syncs, histories, lists, invalid messages (H10). */
import { textFrame } from '../../frames.js';
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';
import { frameOf, sendBatch } from '../commands-at-once.js';
import { fillPages, makeGroup, makePages } from '../holdings.js';
import { wrongResume } from './closing-sockets.js';

const SOCKETS = 30;
const CONNECTIONS = 60;
const PAGES = 500;
/** In one write of one socket. */
const SYNCS = 50;

const resume = wrongResume();
/** As deep as fits into a message. */
const deep = textFrame(`{"type":"sync","payload":${'['.repeat(32_000)}${']'.repeat(32_000)}}`);

let pages: string[] = [];

export const reads: Attack = {
  name: 'reads',
  found: 'H10: a wrong resume cost 100 ms, a history 40 ms, a list of pages 45 ms, and nothing counted them',
  prepare: async (attacker) => {
    pages = await makePages(attacker, PAGES);
    for (let n = 0; n < 100 && attacker.isPreparing; n++) if ((await makeGroup(attacker)) === undefined) break;
    await fillPages(attacker, pages.slice(0, 2), 2_000);
  },
  run: async (attacker) => {
    const paths = [
      '/pages',
      '/groups',
      ...pages.slice(0, 2).flatMap((page) => [`/pages/${page}/events?limit=1000`, `/pages/${page}`]),
    ];
    await Promise.all([
      attacker.over(SOCKETS, async (lane) => {
        const socket = await attacker.socket({ query: lane % 2 === 0 ? '&resume=1' : '' });
        if (!socket) return pause(20);
        for (let n = 0; n < 20 && socket.isOpen && !attacker.isOver; n++) {
          if (lane % 3 === 0) {
            socket.write(resume);
            await socket.heard('"code"', 2_000);
          } else if (lane % 3 === 1) {
            socket.write(deep);
            await socket.heard('"code"', 2_000);
          } else
            await sendBatch(
              socket,
              Array.from({ length: SYNCS }, () => ({ type: 'sync', payload: { page_id: pages[0] ?? 'none', seq: 0 } })),
            );
        }
        socket.write(frameOf({}));
        socket.cut();
      }),
      attacker.over(CONNECTIONS, (lane) => attacker.http('GET', paths[lane % paths.length]!)),
    ]);
  },
};
