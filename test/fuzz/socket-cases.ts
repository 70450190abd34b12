/** Cases over the socket: valid messages of every type as the grammar, each sent changed in its content, its bytes or its frames. */
import { z } from 'zod';
import { upMessages } from '../../src/gateway/up-messages.js';
import type { Random } from '../crash/random.js';
import { broken, closeFrame, fragmented, textFrame } from './frames.js';
import { mutatedBytes, mutatedJson } from './json-mutations.js';
import { type JsonSchema, valueOf } from './schema-values.js';
import type { World } from './world.js';

const grammar = upMessages.map(({ shape }) => ({
  type: shape.type.value as string,
  payload: z.toJSONSchema(shape.payload as z.ZodType, { io: 'input', unrepresentable: 'any' }) as JsonSchema,
}));

/** Deletions are rarer than their share: an empty world makes every id an unknown one. */
const DELETION_TAKEN = 0.15;

export interface UpMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload: unknown;
}

/** A message that the schemas allow, about things that exist. */
export function validMessage(random: Random, world: World): UpMessage {
  for (;;) {
    const { type, payload } = random.among(grammar)!;
    if (/delete|leave|transfer/.test(type) && !random.chance(DELETION_TAKEN)) continue;
    return {
      type,
      ...(random.chance(0.7) ? { id: random.chance(0.1) ? `again-${random.between(0, 5)}` : random.uuid() } : {}),
      payload: valueOf(payload, 'payload', random, world),
    };
  }
}

/** How a case goes over the connection. */
export interface SocketCase {
  readonly writes: readonly Buffer[];
  /** Between two writes, in ms; 0 is an iteration of the event loop. */
  readonly pauseMs: number;
  /** Nothing about the framing is wrong: a message behind it has to be answered. */
  readonly isWellFramed: boolean;
  /** What is done after the writes. */
  readonly then: 'stay' | 'end' | 'reset';
}

/** A message of the grammar, as it is or changed. */
function message(random: Random, world: World): Buffer {
  const valid = validMessage(random, world);
  const text = random.chance(0.15) ? JSON.stringify(valid) : mutatedJson(valid, random, world.ids);
  return random.chance(0.15) ? mutatedBytes(text, random) : Buffer.from(text);
}

/** A resume of hundreds of pages that ends in something wrong: long to read, and refused. */
const wrongResume = (random: Random, world: World): Buffer =>
  Buffer.from(
    `{"type":"resume","payload":{"log":"${random.among(world.logs) ?? 'x'}","pages":{${Array.from({ length: random.between(1, 5_000) }, () => `"${random.uuid()}":1`).join(',')},"x":-1}}}`,
  );

/** A command that will be refused, and a close frame behind it in one segment: the answer meets a socket that is going. */
export const refusedAndGone = (random: Random, world: World): Buffer =>
  Buffer.concat([
    textFrame(
      Buffer.from(
        JSON.stringify({
          type: 'share_page',
          id: random.uuid(),
          payload: {
            page_id: random.among(world.pages) ?? 'x',
            subject_type: 'user',
            subject_id: random.uuid(),
            can_view: true,
            can_edit: false,
          },
        }),
      ),
    ),
    closeFrame(1000),
  ]);

export function socketCase(random: Random, world: World): SocketCase {
  const kind = random.between(0, 19);
  const whole = { pauseMs: 0, isWellFramed: true, then: 'stay' } as const;
  if (kind < 9) return { ...whole, writes: [textFrame(message(random, world))] };
  if (kind < 11) return { ...whole, writes: [fragmented(message(random, world), random)] };
  if (kind < 13)
    return {
      ...whole,
      writes: [Buffer.concat(Array.from({ length: random.between(2, 12) }, () => textFrame(message(random, world))))],
    };
  if (kind < 15)
    return {
      ...whole,
      writes: inPieces(
        random.chance(0.3) ? textFrame(wrongResume(random, world)) : textFrame(message(random, world)),
        random,
      ),
      pauseMs: random.between(0, 3),
    };
  if (kind === 15)
    return {
      writes: [refusedAndGone(random, world)],
      pauseMs: 0,
      isWellFramed: false,
      then: random.chance(0.5) ? 'stay' : 'reset',
    };
  if (kind === 16)
    return {
      writes: [
        Buffer.concat([
          textFrame(message(random, world)),
          closeFrame(random.among([1000, 1001, 3000, 4000, 4999, 1005, 1006, 0])!),
        ]),
      ],
      pauseMs: 0,
      isWellFramed: false,
      then: random.among(['stay', 'end', 'reset'])!,
    };
  return {
    writes: inPieces(broken(message(random, world), random), random),
    pauseMs: random.between(0, 2),
    isWellFramed: false,
    then: random.among(['stay', 'end', 'reset'])!,
  };
}

/** Mostly whole; otherwise cut anywhere, also within a header, or with the last byte held back. */
function inPieces(bytes: Buffer, random: Random): Buffer[] {
  const kind = random.between(0, 3);
  if (kind === 0) return [bytes];
  if (kind === 1) return [bytes.subarray(0, -1), bytes.subarray(-1)];
  const at = random.between(0, Math.min(bytes.length, kind === 2 ? 14 : bytes.length));
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
