/** Reads the stored text of events from EventStoreDB. What the client has parsed is serialised again, which gives the text of the codec. */
import { START } from '@eventstore/db-client';
import type { StoredText } from '../event-codec.js';
import { storedText } from '../event-codec.js';
import { comparePositions, LogUnavailable } from '../event-log.js';
import type { TextReader } from '../text-source.js';
import { StoreConnection } from './connection.js';
import { positionOf, storePosition } from './position.js';
import { logEnd } from './reads.js';
import { publicStreams } from './streams.js';
import { TIMING } from './timing.js';
import { within } from './within.js';

export function storeTexts(connectionString: string, prefix: string): TextReader {
  const connection = new StoreConnection(connectionString);
  const streams = publicStreams(prefix);
  return {
    read: async (after, limit) => {
      const end = await logEnd(connection, streams, TIMING.readMs);
      if (!end || (after !== undefined && comparePositions(end.head, after) <= 0)) return [];
      const found: StoredText[] = [];
      let from = after;
      while (found.length < limit && (from === undefined || comparePositions(from, end.head) < 0)) {
        const page = await within(TIMING.readMs, pageAfter(connection, from, limit));
        const last = page.at(-1);
        // If its connection breaks, the client may end a read as if it were complete.
        if (!last) throw new LogUnavailable('a read ended before the end of the log');
        from = last.position;
        for (const event of page)
          if (found.length < limit && streams.test(event.stream))
            found.push({ ...event, stream: event.stream.slice(prefix.length) });
      }
      return found;
    },
    close: () => connection.close(),
  };
}

/** Events of all streams after a position, with their full names. Events of EventStoreDB's own have no JSON, and no stream of ours. */
async function pageAfter({ client }: StoreConnection, after: string | undefined, limit: number): Promise<StoredText[]> {
  const page: StoredText[] = [];
  // A read from a position begins with the event that is there.
  for await (const { event } of client.readAll({
    fromPosition: after === undefined ? START : storePosition(after),
    maxCount: limit + 1,
  })) {
    if (!event) continue;
    const { streamId, revision, id, type, data, metadata } = event;
    const position = event.position.commit.toString();
    if (position === after) continue;
    page.push({
      position: streamId.startsWith('$') ? position : positionOf(event.position),
      stream: streamId,
      revision: Number(revision),
      id,
      type,
      data: storedText(data),
      metadata: storedText(metadata),
    });
  }
  return page;
}
