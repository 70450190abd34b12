/** Groups that change as fast as possible (H4), and a member with many sockets who gains and loses many pages at once (H6). */
import type { Attack } from '../attack.js';
import { makeGroup, makePages } from '../holdings.js';

const CONNECTIONS = 200;
const PAGES = 10_000;
const SOCKETS = 100;

const groups: string[] = [];

export const groupChanges: Attack = {
  name: 'group-changes',
  found: 'H4: 500 connections, and the probe was at 2.6 s with the processor at a fifth',
  prepare: async (attacker) => {
    for (let n = 0; n < 8 && attacker.isPreparing; n++) {
      const group = await makeGroup(attacker);
      if (group !== undefined) groups.push(group);
    }
  },
  run: (attacker) => {
    const [accomplice] = attacker.settings.accomplices;
    return attacker.over(CONNECTIONS, (lane, round) =>
      attacker.http(
        round % 2 === 0 ? 'POST' : 'DELETE',
        `/groups/${groups[lane % groups.length]}/members/${accomplice!.id}`,
      ),
    );
  },
};

let crowded: string | undefined;

export const groupWithPages: Attack = {
  name: 'group-with-pages',
  found: 'H6: a member with 100 sockets joined a group with 10,000 pages, and everybody waited 7 to 12 s',
  prepare: async (attacker) => {
    crowded = await makeGroup(attacker);
    const pages = await makePages(attacker, PAGES);
    let next = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (next < pages.length) {
          const page = pages[next++]!;
          // Shared within the normal rates: a refused command is tried again a moment later.
          for (
            let tries = 0;
            tries < 100 &&
            (
              await attacker.http('POST', `/pages/${page}/shares`, {
                body: { subject_type: 'group', subject_id: crowded, can_view: true, can_edit: false },
              })
            ).status !== 201;
            tries++
          )
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }),
    );
  },
  run: async (attacker) => {
    const [accomplice] = attacker.settings.accomplices;
    await attacker.sockets(SOCKETS, { token: accomplice!.token });
    await attacker.over(1, async (_lane, round) => {
      await attacker.http(round % 2 === 0 ? 'POST' : 'DELETE', `/groups/${crowded}/members/${accomplice!.id}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
  },
};
