/** Pages and alarms as large and as many as one user may have (C2); and pages created and deleted, which should leave nothing behind (M6). */
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';
import { sendBatch } from '../commands-at-once.js';
import { LARGE, makePage } from '../holdings.js';

const SOCKETS = 4;
/** Large alarms a write: 2,600 bytes each. */
const BATCH = 100;
const ALARMS_A_PAGE = 2_000;
const HEAP_MB = 128;

export const heap: Attack = {
  name: 'heap',
  found: 'C2: 271,000 large alarms ended a heap of 512 MB, and each start after it',
  heapMb: HEAP_MB,
  run: async (attacker) => {
    const sockets = await attacker.sockets(SOCKETS);
    const pages: (string | undefined)[] = [];
    await attacker.over(SOCKETS, async (lane, round) => {
      const socket = sockets[lane];
      if (!socket?.isOpen) return void (sockets[lane] = (await attacker.socket()) ?? (await pause(50), sockets[lane]!));
      if (round % (ALARMS_A_PAGE / BATCH) === 0) pages[lane] = (await makePage(attacker)) ?? pages[lane];
      await sendBatch(
        socket,
        Array.from({ length: BATCH }, () => ({
          type: 'create_alarm',
          payload: { page_id: pages[lane] ?? 'none', ...LARGE },
        })),
      );
    });
  },
};

export const pageChurn: Attack = {
  name: 'page-churn',
  found: 'M6: memory grew with each page made and deleted',
  run: (attacker) =>
    attacker.over(16, async () => {
      const page = await makePage(attacker);
      if (page !== undefined) await attacker.http('DELETE', `/pages/${page}`);
    }),
};
