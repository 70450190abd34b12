/**
 * A process to be killed: triggers one alarm as fast as the read model takes it, and says a number for every change set that
 * is written. Its argument is the data folder.
 */
import { randomUUID } from 'node:crypto';
import { type DomainEvent, eventVersions } from '../../src/domain/events.js';
import { pageStream } from '../../src/domain/streams.js';
import { NO_STREAM } from '../../src/log/event-log.js';
import { startProjection } from './running-projection.js';

const [folder] = process.argv.slice(2);
const { log, projection } = await startProjection(folder!);
const stream = pageStream('page');
let revision = projection.live.pages.get('page')?.seq ?? NO_STREAM;

async function append(events: readonly DomainEvent[]): Promise<void> {
  const metadata = { at: new Date().toISOString(), by: 'olga', via: 'owner', command: 'anything' };
  await log.append(
    stream,
    revision,
    events.map((event) => ({
      id: randomUUID(),
      event,
      metadata: { ...metadata, v: eventVersions[event.type], key: randomUUID(), id: randomUUID(), hash: 'hash' },
    })),
  );
  revision += events.length;
}

if (revision === NO_STREAM) {
  await append([
    { type: 'PageCreated', data: { name: 'Page', owner_id: 'olga' } },
    { type: 'AlarmCreated', data: { alarm_id: 'alarm', ticker: 'EUR/USD', option: 'spot', condition: 'above' } },
  ]);
}
for (let price = 0; ; price += 1) {
  await append(
    Array.from({ length: 1 + (price % 40) }, () => ({ type: 'AlarmTriggered', data: { alarm_id: 'alarm', price } })),
  );
  await projection.writer.catchUp(5_000);
  process.stdout.write(`${revision}\n`);
}
