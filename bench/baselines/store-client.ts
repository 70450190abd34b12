/**
 * What the client of EventStoreDB does alone, as a process: appends of events like ours, one under way in each stream, the next one
 * when it has been answered. Arguments: connection string, streams, events an append, seconds. Prints events a second.
 */

import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';

const WARM_UP_MS = 1_000;

const [url = '', streams = '1', batch = '64', seconds = '5'] = process.argv.slice(2);
const client = EventStoreDBClient.connectionString(url);

const event = () =>
  jsonEvent({
    type: 'AlarmTriggered',
    data: { alarm_id: randomUUID(), price: 1.085 },
    metadata: {
      at: new Date().toISOString(),
      by: randomUUID(),
      via: 'owner',
      command: 'trigger_alarm',
      key: randomUUID(),
      v: 1,
    },
  });

let appended = 0;
const endsAt = performance.now() + WARM_UP_MS + Number(seconds) * 1_000;

async function appendTo(stream: string): Promise<void> {
  let revision = -1n;
  while (performance.now() < endsAt) {
    const events = Array.from({ length: Number(batch) }, event);
    const { nextExpectedRevision } = await client.appendToStream(stream, events, {
      expectedRevision: revision < 0n ? NO_STREAM : revision,
    });
    revision = nextExpectedRevision;
    appended += events.length;
  }
}

const run = randomUUID();
const all = Promise.all(Array.from({ length: Number(streams) }, (_, at) => appendTo(`bench-${run}-${at}`)));
let before = 0;
setTimeout(() => (before = appended), WARM_UP_MS);
await all;
process.stdout.write(String((appended - before) / Number(seconds)));
await client.dispose();
process.exit(0);
