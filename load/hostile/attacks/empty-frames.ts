/** Very many empty frames from sockets that wait for their state (H1). */
import { textFrame } from '../../frames.js';
import type { Attack } from '../attack.js';
import { pause } from '../attacker.js';
import { fillPages, makePages } from '../holdings.js';

/** Of 6 bytes each: of one socket. */
const FRAMES = 20_000;
const empty = textFrame('').repeat(FRAMES);

/** At once, so that they wait for each other's state. */
const SOCKETS = 90;

export const emptyFrames: Attack = {
  name: 'empty-frames',
  found: 'H1: a million empty frames from joining sockets, and nobody was answered for 22 s',
  prepare: async (attacker) => fillPages(attacker, await makePages(attacker, 3), 2_000),
  run: (attacker) =>
    attacker.over(SOCKETS, async () => {
      const socket = await attacker.socket();
      if (!socket) return pause(20);
      socket.write(empty);
      for (let n = 0; n < 50 && socket.isOpen && socket.unsent > 0 && !attacker.isOver; n++) await pause(20);
      socket.cut();
    }),
};
