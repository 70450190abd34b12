/**
 * Computes the tree again from the log's stored text and compares it: with the roots of the signed checkpoints, and with the hashes in the
 * tree's files. The files tell which event differs: their own root for a checkpoint shows that they are what was signed.
 */

import { LOG_STREAM } from '../domain/streams.js';
import type { StoredText } from '../log/event-codec.js';
import type { Position } from '../log/event-log.js';
import type { TextReader } from '../log/text-source.js';
import type { Checkpoint, TreeHead } from './checkpoint.js';
import { entryOf } from './event-entry.js';
import { GrowingTree, HASH_BYTES, leafHash, rootOf } from './merkle-tree.js';
import { describeDifference } from './tree-difference.js';
import type { TreeFiles } from './tree-files.js';

/** Events read at a time. */
export const BATCH = 1_000;

/** A tile's hashes cover eight levels of the tree. */
const LEVELS = 8;

export interface TreeCheckOptions {
  readonly reader: TextReader;
  /** The hashes of before; undefined if there are none. */
  readonly files: TreeFiles | undefined;
  /** Whether what the files lack, or have otherwise than the log, is written. Nothing that a checkpoint covers is overwritten if it differs. */
  readonly mayWrite: boolean;
  /** In any order. */
  readonly checkpoints: readonly Checkpoint[];
  /** Whether the signature of one of them is valid; without it all are. It is asked of those on which the result depends. */
  readonly isSigned?: (checkpoint: Checkpoint) => boolean;
  readonly onProgress?: (events: number) => void;
}

export interface TreeFault {
  /** The first event that differs, as its index; undefined if only a range is known. */
  readonly index: number | undefined;
  readonly sentence: string;
}

export interface TreeCheck extends TreeHead {
  /** Of the last event; undefined if there is none. */
  readonly position: Position | undefined;
  /** Id of the log at its end. */
  readonly logId: string | undefined;
  /** The checkpoints that the log agrees with, up to the newest signed one: a root says what all roots before it are. */
  readonly confirmed: number;
  /** Size of the newest of these: later events are in no checkpoint. */
  readonly covered: number;
  /** The checkpoints that are not signed, as far as it was asked. They count for nothing. */
  readonly unsigned: number;
  /** Checkpoints of an earlier id of the log for events that a restore has given up. */
  readonly givenUp: readonly Checkpoint[];
  readonly fault: TreeFault | undefined;
  /** Continues the tree after the check. */
  readonly tree: TreeWriter;
}

/** Adds events to the tree and, if it may, to the files. */
export class TreeWriter {
  readonly #files: TreeFiles | undefined;
  readonly #mayWrite: boolean;
  readonly #tree: GrowingTree;
  #position: Position | undefined;
  /** The first leaf that the files have otherwise; from there on nothing is written. */
  #differs: number | undefined;
  /** The events at that place: the first and the next. */
  readonly differing: StoredText[] = [];

  constructor(files: TreeFiles | undefined, mayWrite: boolean) {
    this.#files = files;
    this.#mayWrite = mayWrite;
    this.#tree = new GrowingTree((level, index, hash) => {
      if (!files || !mayWrite || level % LEVELS !== 0 || this.#differs !== undefined) return;
      // Determined by leaves that are equal, so it may be written again.
      files.write(level / LEVELS, index, [hash]);
    });
  }

  get size(): number {
    return this.#tree.size;
  }

  get position(): Position | undefined {
    return this.#position;
  }

  get firstDifference(): number | undefined {
    return this.#differs;
  }

  root(): Buffer {
    return this.#tree.root();
  }

  /** `onLeaf` is called after each event. */
  add(events: readonly StoredText[], onLeaf: () => void = () => undefined): void {
    const first = this.#tree.size;
    const stored = this.#storedFrom(first, events.length);
    const leaves = events.map((event, at) => leafHash(entryOf(event, first + at)));
    if (this.#differs === undefined) this.#compare(first, leaves, events, stored);
    else if (this.differing.length === 1) this.differing.push(...events.slice(0, 1));
    if (this.#files && this.#mayWrite && this.#differs === undefined) {
      const positions = events.map(({ position }) => position);
      if (stored > 0) this.#files.correctPositions(first, positions.slice(0, stored));
      if (stored < leaves.length) {
        this.#files.write(0, first + stored, leaves.slice(stored));
        this.#files.writePositions(first + stored, positions.slice(stored));
      }
    }
    for (const leaf of leaves) {
      this.#tree.push(leaf);
      onLeaf();
    }
    this.#position = events.at(-1)?.position ?? this.#position;
  }

  /** How many of `count` leaves the files have. */
  #storedFrom(first: number, count: number): number {
    return this.#files ? Math.max(0, Math.min(count, this.#files.size - first)) : 0;
  }

  #compare(first: number, leaves: readonly Buffer[], events: readonly StoredText[], stored: number): void {
    if (!this.#files || stored === 0) return;
    const hashes = this.#files.hashes(0, first, stored);
    if (hashes.equals(Buffer.concat(leaves.slice(0, stored)))) return;
    const at = leaves.findIndex(
      (leaf, index) => !leaf.equals(hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)),
    );
    this.#differs = first + at;
    this.differing.push(...events.slice(at, at + 2));
  }
}

export async function checkTree(options: TreeCheckOptions): Promise<TreeCheck> {
  const { reader, files, mayWrite, checkpoints, onProgress } = options;
  const roots = new ComparedRoots(checkpoints);
  const lineage = new TreeLineage();
  const tree = new TreeWriter(files, mayWrite);
  roots.compare(tree);
  for (;;) {
    const events = await reader.read(tree.position, BATCH);
    for (const [at, event] of events.entries()) if (event.stream === LOG_STREAM) lineage.take(event, tree.size + at);
    tree.add(events, () => roots.compare(tree));
    onProgress?.(tree.size);
    if (events.length < BATCH) break;
  }
  const givenUp = checkpoints.filter((one) => lineage.hasGivenUp(one));
  const judged = checkpoints.filter((one) => !lineage.hasGivenUp(one)).sort((a, b) => a.size - b.size);
  const { wrong, ...counts } = judge(judged, options, (one) => lineage.has(one.logId) && roots.agree(one));
  const fault = wrong && faultOf(wrong, judged, lineage, tree, files);
  // What no checkpoint covers, and differs, was cut off by a crash or belongs to what a restore has given up.
  if (!fault && mayWrite && files && (tree.firstDifference !== undefined || files.size > tree.size)) {
    files.truncate(tree.firstDifference ?? tree.size);
    if (tree.firstDifference !== undefined) return checkTree(options);
  }
  const root = tree.root();
  return {
    size: tree.size,
    root,
    position: tree.position,
    logId: lineage.last,
    ...counts,
    givenUp,
    fault,
    tree,
  };
}

/** `judged`: by size. The first signed one that differs; and how many agree that are not behind the newest signed one, nor behind that. */
function judge(
  judged: readonly Checkpoint[],
  { isSigned = () => true }: TreeCheckOptions,
  agrees: (checkpoint: Checkpoint) => boolean,
): { readonly wrong: Checkpoint | undefined } & Pick<TreeCheck, 'confirmed' | 'covered' | 'unsigned'> {
  let unsigned = 0;
  const counted = (one: Checkpoint): boolean => {
    const isCounted = isSigned(one);
    if (!isCounted) unsigned += 1;
    return isCounted;
  };
  const wrong = judged.find((one) => !agrees(one) && counted(one));
  const agreeing = judged.slice(0, wrong && judged.indexOf(wrong)).filter(agrees);
  const newest = agreeing.findLastIndex(counted);
  return { wrong, confirmed: newest + 1, covered: agreeing[newest]?.size ?? 0, unsigned };
}

/** Compares the roots of checkpoints with those of a tree that grows. */
class ComparedRoots {
  readonly #bySize = new Map<number, Checkpoint[]>();
  readonly #agree = new Set<Checkpoint>();

  constructor(checkpoints: readonly Checkpoint[]) {
    for (const one of checkpoints) {
      const same = this.#bySize.get(one.size);
      if (same) same.push(one);
      else this.#bySize.set(one.size, [one]);
    }
  }

  compare(tree: TreeWriter): void {
    const here = this.#bySize.get(tree.size);
    if (!here) return;
    const root = tree.root();
    for (const one of here) if (one.root.equals(root)) this.#agree.add(one);
  }

  agree(checkpoint: Checkpoint): boolean {
    return this.#agree.has(checkpoint);
  }
}

/**
 * The ids that the log has had. Only a LogRestored that names the id before it, and gives one that the log never had, ends an id: otherwise a
 * copy of an event of the stream `log` would make checkpoints void.
 */
class TreeLineage {
  /** By id: the number of leaves before the event that gave the next id. */
  readonly #ends = new Map<string, number>();
  #last: string | undefined;

  get last(): string | undefined {
    return this.#last;
  }

  has(logId: string): boolean {
    return this.#ends.has(logId);
  }

  /** Whether it is of an earlier id, and covers more than the log had under that id. */
  hasGivenUp({ logId, size }: Checkpoint): boolean {
    return size > (this.#ends.get(logId) ?? Infinity);
  }

  take({ type, data }: StoredText, index: number): void {
    const { log_id, previous } = idsIn(data);
    if (typeof log_id !== 'string' || this.#ends.has(log_id)) return;
    if (this.#last === undefined ? type !== 'LogCreated' : type !== 'LogRestored' || previous !== this.#last) return;
    if (this.#last !== undefined) this.#ends.set(this.#last, index);
    this.#ends.set(log_id, Infinity);
    this.#last = log_id;
  }
}

function idsIn(data: string): { readonly log_id?: unknown; readonly previous?: unknown } {
  try {
    return (JSON.parse(data) as { log_id?: unknown; previous?: unknown } | null) ?? {};
  } catch {
    return {};
  }
}

function faultOf(
  wrong: Checkpoint,
  judged: readonly Checkpoint[],
  lineage: TreeLineage,
  tree: TreeWriter,
  files: TreeFiles | undefined,
): TreeFault {
  if (!lineage.has(wrong.logId))
    return {
      index: undefined,
      sentence: `A checkpoint of ${wrong.size} events was signed for the log ${wrong.logId}, which this log has never been.`,
    };
  const before = judged.filter(({ size }) => size < wrong.size).at(-1)?.size ?? 0;
  if (files && isSigned(files, wrong)) {
    const index = tree.firstDifference ?? tree.size;
    return { index, sentence: describeDifference(index, tree.differing, files, wrong.size) };
  }
  if (wrong.size > tree.size)
    return {
      index: tree.size,
      sentence: `Events are missing at the end: the log has ${tree.size}, and a checkpoint was signed over ${wrong.size}. The first missing one is event ${tree.size}.`,
    };
  return {
    index: undefined,
    sentence: `The log differs from the signed checkpoint of ${wrong.size} events: one of the events ${before} to ${wrong.size - 1} was altered, removed, inserted or moved. Which one is not known, because the tree's own hashes are not there, or are not those that were signed.`,
  };
}

/** Whether the files' hashes are those that the checkpoint was signed over. */
function isSigned(files: TreeFiles, { size, root }: Checkpoint): boolean {
  try {
    return files.size >= size && rootOf(size, files.nodes).equals(root);
  } catch {
    return false;
  }
}
