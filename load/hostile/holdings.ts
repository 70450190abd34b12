/** What attacks prepare: pages full of the largest alarms, groups, members, as much as the server allows one user. */
import type { Attacker } from './attacker.js';
import { sendBatch } from './commands-at-once.js';

/** The largest an alarm can be: each of its 700 characters takes three bytes of UTF-8. */
export const LARGE = { ticker: '\u20ac'.repeat(100), option: '\u20ac'.repeat(100), condition: '\u20ac'.repeat(500) };

/** Alarms sent at once. */
const BATCH = 100;

/** A page of the attacker's; undefined where it is refused. */
export async function makePage(attacker: Attacker, name = 'x'): Promise<string | undefined> {
  const { status, body } = await attacker.http('POST', '/pages', { body: { name } });
  return status === 201 ? (JSON.parse(body) as { id: string }).id : undefined;
}

/** Up to `count` pages, as many as preparation allows. */
export async function makePages(attacker: Attacker, count: number): Promise<string[]> {
  const pages: string[] = [];
  let refused = 0;
  await attacker.whilePreparing(8, async () => {
    if (pages.length >= count || refused > 200) return false;
    const page = await makePage(attacker);
    if (page === undefined) refused += 1;
    else pages.push(page);
    return true;
  });
  return pages;
}

/** Fills pages with large alarms, up to `perPage` on each, as long as preparation lasts. */
export async function fillPages(attacker: Attacker, pages: readonly string[], perPage: number): Promise<void> {
  const socket = await attacker.socket();
  if (!socket) return;
  for (const page_id of pages) {
    for (let made = 0; made < perPage; made += BATCH) {
      if (!attacker.isPreparing || !socket.isOpen) return;
      await sendBatch(
        socket,
        Array.from({ length: Math.min(BATCH, perPage - made) }, () => ({
          type: 'create_alarm',
          payload: { page_id, ...LARGE },
        })),
      );
    }
  }
}

/** A group of the attacker's; undefined where it is refused. */
export async function makeGroup(attacker: Attacker): Promise<string | undefined> {
  const { status, body } = await attacker.http('POST', '/groups', { body: { name: 'x' } });
  return status === 201 ? (JSON.parse(body) as { id: string }).id : undefined;
}
