/**
 * The evidence: a signed tree over the log. It signs the tree's head at the start, once a minute while events come, and on request; each
 * checkpoint is durable before anybody gets it. Where the log differs from a checkpoint it signs nothing any more; the server goes on.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { comparePositions, type Position } from '../log/event-log.js';
import type { LogSource } from '../log/text-source.js';
import type { Service } from '../service.js';
import { loading } from '../thread-loading.js';
import { originOf, readCheckpoint, signCheckpoint } from './checkpoint.js';
import { CheckpointFile, lastNotes } from './checkpoint-file.js';
import { consistencyProof, inclusionProof } from './merkle-tree.js';
import { verifierKey } from './signed-note.js';
import { hasTile, TILE_WIDTH, type Tile } from './tile-paths.js';
import { TreeFiles, treeFolder } from './tree-files.js';
import type { FromTree, ToTree, TreeStart, TreeState } from './tree-messages.js';

/** How often a checkpoint is signed while events come, in milliseconds. */
const SIGN_MS = 60_000;

/** How long a request waits for the tree, in milliseconds. */
const WAIT_MS = 2_000;

export interface EvidenceOptions {
  readonly source: LogSource;
  readonly dataDir: string;
  readonly logId: string;
  /** Undefined: the tree is served without signatures. */
  readonly key: KeyObject | undefined;
  /** Sentences for operators. */
  readonly onNotice: (sentence: string) => void;
  /** The log differs from what was signed. */
  readonly onFault: (sentence: string) => void;
}

/** `checking`: at the start, until the signed roots have been computed again. `differs`: nothing is signed any more. */
export type EvidenceStatus = 'checking' | 'signed' | 'unsigned' | 'differs';

export class Evidence implements Service {
  readonly name = 'evidence';
  readonly #options: EvidenceOptions;
  #worker: Worker | undefined;
  #files: TreeFiles | undefined;
  #checkpoints: CheckpointFile | undefined;
  #state: TreeState | undefined;
  #fault: string | undefined;
  /** The newest durable checkpoint. */
  #newest: { readonly note: string; readonly size: number } | undefined;
  #signing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #lastNotice = '';
  readonly #waiting = new Set<() => void>();
  readonly #bundles = new Map<number, (bundle: Uint8Array | undefined) => void>();
  #requests = 0;

  constructor(options: EvidenceOptions) {
    this.#options = options;
  }

  get status(): EvidenceStatus {
    if (this.#fault !== undefined) return 'differs';
    if (!this.#state) return 'checking';
    return this.#options.key ? 'signed' : 'unsigned';
  }

  /** Number of events in the tree; undefined while it is checked. */
  get size(): number | undefined {
    return this.#state?.size;
  }

  /** For verifiers; undefined if nothing is signed. */
  get verifierKey(): string | undefined {
    const { key, logId } = this.#options;
    return key && verifierKey(originOf(logId), key);
  }

  /** Rejects if the checkpoints of before cannot be read or written, or the thread cannot be started. */
  async start(): Promise<void> {
    const { dataDir, key, source, logId } = this.#options;
    const { notes, end } = lastNotes(dataDir);
    for (let at = notes.length - 1; at >= 0 && !this.#newest; at -= 1) {
      const note = notes[at] ?? '';
      const found = readCheckpoint(note, key);
      if (found?.isSigned && found.checkpoint.logId === logId) this.#newest = { note, size: found.checkpoint.size };
    }
    this.#checkpoints = await CheckpointFile.open(dataDir, end);
    const workerData: TreeStart = { source, dataDir, key: key && createPublicKey(key) };
    const worker = new Worker(new URL('./tree-thread.js', import.meta.url), { workerData });
    worker.on('message', (message: FromTree) => this.#receive(message));
    await loading(worker, "The evidence's thread");
    worker.on('error', (error) => this.#ended(error));
    this.#worker = worker;
    this.#timer = setInterval(() => void this.#sign(), SIGN_MS).unref();
  }

  /** Signs what is new. */
  async drain(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#state && this.#fault === undefined) await this.#told(() => true, WAIT_MS);
    await this.#sign();
  }

  async stop(): Promise<void> {
    this.#isClosed = true;
    const worker = this.#worker;
    if (worker) {
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      this.#send({ kind: 'close' });
      // A check of a long log is cut short: it has written nothing that the next start does not compare.
      const cut = setTimeout(() => void worker.terminate(), WAIT_MS);
      await ended;
      clearTimeout(cut);
    }
    await this.#signing;
    await this.#checkpoints?.close();
    this.#files?.close();
  }

  /**
   * The newest checkpoint, or one that covers the event at `position`; without a key the tree's head without a signature. Undefined if the
   * tree does not reach so far within two seconds.
   */
  async checkpoint(position: Position | undefined): Promise<string | undefined> {
    if (position !== undefined || !this.#newest) {
      if (!(await this.#advanced(position, WAIT_MS))) return undefined;
      await this.#sign();
    }
    const { key, logId } = this.#options;
    if (key) return this.#newest?.note;
    const state = this.#state;
    return state && `${originOf(logId)}\n${state.size}\n${Buffer.from(state.root).toString('base64')}\n`;
  }

  /** Undefined if the tree has no such tile. */
  async tile(tile: Tile): Promise<Uint8Array | undefined> {
    const size = await this.#readableSize();
    if (size === undefined || !hasTile(tile, size)) return undefined;
    const { level, index, width } = tile;
    const first = index * TILE_WIDTH;
    if (level !== 'entries') return this.#tree().hashes(level, first, width);
    return new Promise((resolve) => {
      this.#requests += 1;
      this.#bundles.set(this.#requests, resolve);
      this.#send({ kind: 'entries', request: this.#requests, first, count: width });
    });
  }

  /** The tree's size and where a position is in it; undefined while it is checked. */
  async place(
    position: Position | undefined,
  ): Promise<{ readonly size: number; readonly index: number | undefined } | undefined> {
    if (position !== undefined) await this.#advanced(position, WAIT_MS);
    const size = await this.#readableSize();
    if (size === undefined) return undefined;
    if (position === undefined) return { size, index: undefined };
    const index = this.#tree().sizeAt(position, size) - 1;
    return { size, index: index >= 0 && this.#tree().position(index) === position ? index : undefined };
  }

  /** Throws if there is no such leaf; the tree has at least `size` leaves. */
  inclusion = (index: number, size: number): Buffer[] => inclusionProof(index, size, this.#tree().nodes);

  consistency = (from: number, to: number): Buffer[] => consistencyProof(from, to, this.#tree().nodes);

  /** Where the log differs, the tree is as long as its files: what was signed stays to be read. */
  async #readableSize(): Promise<number | undefined> {
    await this.#advanced(undefined, WAIT_MS);
    if (!this.#state) return undefined;
    return this.#fault === undefined ? this.#state.size : this.#tree().size;
  }

  #tree(): TreeFiles {
    return (this.#files ??= new TreeFiles(treeFolder(this.#options.dataDir), true));
  }

  #send(message: ToTree): void {
    this.#worker?.postMessage(message);
  }

  #receive(message: FromTree): void {
    const { dataDir, onNotice, onFault } = this.#options;
    switch (message.kind) {
      case 'loaded':
        break;
      case 'checked':
        if (message.unsigned > 0)
          onNotice(
            `${message.unsigned} checkpoints in ${dataDir} are not signed with the key of the evidence, and count for nothing: the key was changed, or they were`,
          );
        if (message.givenUp > 0)
          onNotice(`${message.givenUp} checkpoints of earlier ids of the log cover events that a restore has given up`);
        if (message.fault) {
          this.#fault = message.fault.sentence;
          onFault(this.#fault);
        }
        this.#setState(message.state);
        void this.#sign();
        break;
      case 'advanced':
        this.#setState(message.state);
        break;
      case 'entries':
        this.#bundles.get(message.request)?.(message.bundle);
        this.#bundles.delete(message.request);
        break;
      case 'failed':
        this.#noticeOnce(`The evidence waits, and is tried again: ${message.message}`);
        break;
    }
  }

  /** An error that the thread did not expect. */
  #ended(error: Error): void {
    this.#worker = undefined;
    this.#state = undefined;
    for (const resolve of this.#bundles.values()) resolve(undefined);
    this.#bundles.clear();
    this.#options.onNotice(`The evidence has stopped, and nothing is signed until the next start: ${error.message}`);
  }

  #noticeOnce(sentence: string): void {
    if (sentence !== this.#lastNotice) this.#options.onNotice(sentence);
    this.#lastNotice = sentence;
  }

  #setState(state: TreeState): void {
    this.#state = state;
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves to true when the tree has the event at `position` (undefined: when it has been checked), to false after `timeoutMs`. */
  #advanced(position: Position | undefined, timeoutMs: number): Promise<boolean> {
    const isThere = (): boolean =>
      this.#state !== undefined &&
      (position === undefined ||
        (this.#state.position !== undefined && comparePositions(this.#state.position, position) >= 0));
    if (isThere()) return Promise.resolve(true);
    if (this.#isClosed || this.#fault !== undefined) return Promise.resolve(false);
    return this.#told(isThere, timeoutMs);
  }

  /** Resolves to true when the thread tells a state with which `isThere` holds. */
  #told(isThere: () => boolean, timeoutMs: number): Promise<boolean> {
    this.#send({ kind: 'advance' });
    return new Promise((resolve) => {
      const over = (isReached: boolean): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve(isReached);
      };
      const check = (): void => {
        if (isThere()) over(true);
      };
      const timer = setTimeout(() => over(false), timeoutMs);
      this.#waiting.add(check);
    });
  }

  /** Resolves when what the tree had is signed and durable, or cannot be. */
  #sign(): Promise<void> {
    this.#signing = this.#signing.then(async () => {
      const { key, logId } = this.#options;
      const state = this.#state;
      const file = this.#checkpoints;
      if (!key || !file || !state || this.#fault !== undefined || this.#isClosed || state.size === this.#newest?.size)
        return;
      const { size } = state;
      const note = signCheckpoint({ logId, size, root: Buffer.from(state.root) }, key);
      try {
        await file.append(note);
        this.#newest = { note, size };
      } catch (error) {
        this.#noticeOnce(
          `A checkpoint of the evidence could not be kept, and nobody got it: ${(error as Error).message}`,
        );
      }
    });
    return this.#signing;
  }
}
