/** Opens the log of the folder that it is given, as a start does, appends so many events, and stays until it is killed or told to close. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { startSqliteLog } from '../../src/log/sqlite/start.js';
import { newEvent } from '../commands/wayward-log.js';

const [folder, count] = process.argv.slice(2);
const fatal = (error: Error): never => {
  throw error;
};
const { log, close } = startSqliteLog({
  folder: folder!,
  file: join(folder!, 'log.db'),
  readModel: undefined,
  onFatal: fatal,
  onCommit: () => undefined,
  onNotice: () => undefined,
});
const stream = `page-${randomUUID()}`;
for (let revision = -1; revision < Number(count) - 1; revision++) {
  await log.append(stream, revision, [
    newEvent(
      'olga',
      revision < 0
        ? { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } }
        : { type: 'PageRenamed', data: { name: `name ${revision}` } },
    ),
  ]);
}
process.send!(log.id);
process.on('message', () => void close().then(() => process.disconnect()));
