/**
 * Opens the log of a folder as a start does, and appends to it as a busy server does: several streams, commits of one to many events, small
 * and large ones. What it tells anybody, by an answer or a delivery, it first writes as a position to the folder's file `told`, whose
 * place among the records is when it was told. Arguments: folder, events.
 */
import { randomUUID } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NO_STREAM } from '../../src/log/event-log.js';
import { startSqliteLog } from '../../src/log/sqlite/start.js';
import { newEvent } from '../commands/wayward-log.js';

const [folder = '', events = '0'] = process.argv.slice(2);
const { log, close } = startSqliteLog({
  folder,
  file: join(folder, 'log.db'),
  readModel: undefined,
  onFatal: (error) => {
    throw error;
  },
  onCommit: () => undefined,
  onNotice: () => undefined,
});
const told = openSync(join(folder, 'told'), 'a', 0o600);
const tell = (position: string): void => void writeSync(told, `${position}\n`);
log.subscribe(undefined, { deliver: (batch) => tell(batch.at(-1)!.position) });

const streams = Array.from({ length: 5 }, () => ({ name: `page-${randomUUID()}`, revision: NO_STREAM }));
let appended = 0;
for (let round = 0; appended < Number(events); round += 1) {
  // One event alone, a few on several streams, and many on one, in turn.
  const streamsOfRound = round % 3 === 1 ? streams : streams.slice(round % 5, (round % 5) + 1);
  const each = round % 3 === 2 ? 1 + (round % 60) : 1;
  // As between two iterations of a server's event loop.
  await new Promise(setImmediate);
  await Promise.all(
    streamsOfRound.map(async (stream) => {
      const batch = Array.from({ length: each }, (_, at) => {
        const name = 'x'.repeat(round % 7 === 0 ? 2_000 : 20);
        return newEvent(
          'olga',
          stream.revision === NO_STREAM && at === 0
            ? { type: 'PageCreated', data: { name, owner_id: 'olga' } }
            : { type: 'PageRenamed', data: { name } },
        );
      });
      const expected = stream.revision;
      stream.revision += each;
      appended += each;
      const answer = await log.append(stream.name, expected, batch);
      if (answer.kind !== 'appended') throw new Error(`an append was answered with ${answer.kind}`);
      tell(answer.position);
    }),
  );
}
await close();
