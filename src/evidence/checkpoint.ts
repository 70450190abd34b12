/** Checkpoints (C2SP tlog-checkpoint): the size and the root of a log's tree, as a signed note. */
import type { KeyObject } from 'node:crypto';
import { HASH_BYTES } from './merkle-tree.js';
import { isSignedBy, type OpenedNote, parseNote, signNote } from './signed-note.js';

export interface TreeHead {
  /** Number of leaves. */
  readonly size: number;
  readonly root: Buffer;
}

export interface Checkpoint extends TreeHead {
  /** Of the log that it was signed for. */
  readonly logId: string;
}

const ORIGIN = 'alarm-server/';

/** What a checkpoint names its log by, and who signs it. */
export const originOf = (logId: string): string => `${ORIGIN}${logId}`;

/** The signed note. */
export function signCheckpoint({ logId, size, root }: Checkpoint, key: KeyObject): string {
  const origin = originOf(logId);
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, origin, key);
}

/** The tree's head in the text of a checkpoint, as a server without a key answers it too; undefined if it is none. */
export function parseTreeHead(text: string): Checkpoint | undefined {
  const [origin = '', size = '', root64 = '', end] = text.split('\n');
  const root = Buffer.from(root64, 'base64');
  if (!origin.startsWith(ORIGIN) || end === undefined) return undefined;
  if (!/^(0|[1-9]\d{0,15})$/.test(size) || root.length !== HASH_BYTES) return undefined;
  return { logId: origin.slice(ORIGIN.length), size: Number(size), root };
}

/** The checkpoint of a note; undefined if it is none of this server's. Nothing is verified. */
export function parseCheckpoint(
  note: string,
): { readonly checkpoint: Checkpoint; readonly opened: OpenedNote } | undefined {
  const opened = parseNote(note);
  const checkpoint = opened && parseTreeHead(opened.text);
  return opened && checkpoint && { checkpoint, opened };
}

/** The same, and whether it is signed by the key under its own origin. */
export function readCheckpoint(
  note: string,
  key: KeyObject | undefined,
): { readonly checkpoint: Checkpoint; readonly isSigned: boolean } | undefined {
  const found = parseCheckpoint(note);
  if (!found) return undefined;
  const { checkpoint, opened } = found;
  return { checkpoint, isSigned: key !== undefined && isSignedBy(opened, originOf(checkpoint.logId), key) };
}
