/**
 * The tree's thread: checks the tree against the log at the start, then adds new events. It polls the log, so that an append costs nothing
 * for the evidence on the thread that serves.
 */
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { openTextReader } from '../log/text-reader.js';
import type { TextReader } from '../log/text-source.js';
import { entryOf } from './event-entry.js';
import { keptCheckpoints } from './kept-checkpoints.js';
import { entryBundle } from './tile-paths.js';
import { BATCH, checkTree, type TreeCheck } from './tree-check.js';
import { TreeFiles, treeFolder } from './tree-files.js';
import type { FromTree, ToTree, TreeStart, TreeState } from './tree-messages.js';

/** How often it looks for new events, in milliseconds. */
const POLL_MS = 1_000;

/** How long it waits after an error, in milliseconds: the disk is full, or the store does not answer. */
const RETRY_MS = 2_000;

/** The same where the whole tree has to be computed again. */
const RETRY_CHECK_MS = 10_000;

/** On Linux it is this thread's own: where processors are scarce, serving and the read models come first. */
const NICE = 5;

if (!parentPort) throw new Error('This file runs in a thread of its own');
const port = parentPort;
const report = (message: FromTree): void => port.postMessage(message);
report({ kind: 'loaded' });

const { source, dataDir, key } = workerData as TreeStart;
if (process.platform === 'linux') setPriority(NICE);

interface Opened {
  readonly reader: TextReader;
  readonly files: TreeFiles;
}

let opened: Opened | undefined;
let checked: TreeCheck | undefined;
let timer: NodeJS.Timeout | undefined;
let isClosed = false;
/** All work, one after another: a poll and a request never run at the same time. */
let work: Promise<void> = Promise.resolve();

const then = (task: () => Promise<void>): void => {
  work = work.then(async () => {
    if (isClosed) return;
    try {
      await task();
    } catch (error) {
      report({ kind: 'failed', message: (error as Error).message });
      schedule(checked ? RETRY_MS : RETRY_CHECK_MS);
    }
  });
};

function schedule(milliseconds: number): void {
  clearTimeout(timer);
  if (!isClosed) timer = setTimeout(() => then(() => advance(false)), milliseconds);
}

const stateOf = ({ tree }: TreeCheck): TreeState => ({ size: tree.size, root: tree.root(), position: tree.position });

async function open(): Promise<Opened> {
  return (opened ??= { reader: await openTextReader(source), files: new TreeFiles(treeFolder(dataDir), false) });
}

async function check({ reader, files }: Opened): Promise<TreeCheck> {
  const { checkpoints, foreign, isSigned } = keptCheckpoints(dataDir, key);
  const result = await checkTree({ reader, files, mayWrite: true, checkpoints, isSigned });
  const { fault, givenUp } = result;
  report({
    kind: 'checked',
    state: stateOf(result),
    fault,
    givenUp: givenUp.length,
    unsigned: foreign + result.unsigned,
  });
  return result;
}

/** A tree that differs from what was signed is kept as it was signed: nothing is added to it. */
async function advance(isAsked: boolean): Promise<void> {
  const { reader, files } = await open();
  const result = (checked ??= await check({ reader, files }));
  const { tree, fault } = result;
  if (fault) return;
  const { size } = tree;
  for (;;) {
    const events = await reader.read(tree.position, BATCH);
    try {
      tree.add(events);
    } catch (error) {
      // The disk is full, and the tree in memory may have a part of them: it is computed again.
      checked = undefined;
      throw error;
    }
    if (events.length < BATCH) break;
  }
  if (isAsked || tree.size > size) report({ kind: 'advanced', state: stateOf(result) });
  schedule(POLL_MS);
}

async function bundleOf(first: number, count: number): Promise<Uint8Array | undefined> {
  const { reader, files } = await open();
  const after = first === 0 ? undefined : files.position(first - 1);
  const events = await reader.read(after, count);
  return events.length === count ? entryBundle(events.map((event, at) => entryOf(event, first + at))) : undefined;
}

port.on('message', (message: ToTree) => {
  switch (message.kind) {
    case 'advance':
      return then(() => advance(true));
    case 'entries':
      return then(async () => {
        const { request, first, count } = message;
        let bundle: Uint8Array | undefined;
        try {
          bundle = await bundleOf(first, count);
        } finally {
          report({ kind: 'entries', request, bundle });
        }
      });
    case 'close':
      return then(async () => {
        isClosed = true;
        clearTimeout(timer);
        await opened?.reader.close();
        opened?.files.close();
        port.close();
      });
  }
});

then(() => advance(true));
