/**
 * Gives EventStoreDB the rights that docs/operations.md asks for: the server's user may read $all, and by default nobody else but
 * admins reads or writes streams. It changes nothing where such rights have been set before, but says what they are.
 *
 *   EVENT_STORE='esdb://admin:…@host:2113?tlsCAFile=ca.crt' node deploy/eventstoredb-rights.mjs alarm-server
 */
import { BACKWARDS, END, EventStoreDBClient, jsonEvent, NO_STREAM, StreamNotFoundError } from '@eventstore/db-client';

const [user] = process.argv.slice(2);
const { EVENT_STORE } = process.env;
if (!user || !EVENT_STORE) {
  console.error("The name of the server's user is the argument, and EVENT_STORE the store, as an admin");
  process.exit(2);
}

const admins = ['$admins'];
const both = ['$admins', user];
const rights = {
  $userStreamAcl: { $r: both, $w: both, $d: admins, $mr: admins, $mw: admins },
  $systemStreamAcl: { $r: admins, $w: admins, $d: admins, $mr: admins, $mw: admins },
};

const client = EventStoreDBClient.connectionString(EVENT_STORE);

async function last(stream) {
  try {
    for await (const { event } of client.readStream(stream, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }))
      return event?.data;
  } catch (error) {
    if (!(error instanceof StreamNotFoundError)) throw error;
  }
  return undefined;
}

try {
  const before = { $$$all: await last('$$$all'), $settings: await last('$settings') };
  const set = Object.entries(before).filter(([, data]) => data !== undefined);
  if (set.length > 0) {
    for (const [stream, data] of set) console.error(`${stream} says already: ${JSON.stringify(data)}`);
    throw new Error(`nothing was changed: let ${user} read $all there, and read and write its streams`);
  }
  await client.setStreamMetadata('$all', { acl: { readRoles: both } }, { expectedRevision: NO_STREAM });
  await client.appendToStream('$settings', [jsonEvent({ type: '$settings', data: rights })], {
    expectedRevision: NO_STREAM,
  });
  console.log(`${user} may read $all, and it and admins alone may read and write what has no rights of its own`);
} catch (error) {
  console.error(error.message || error.type || error.name);
  process.exitCode = 1;
}
await client.dispose();
