/**
 * A process of `npm run unread` that opens the sockets that never read: 1,000 connections take an event loop long enough that those who
 * read in the same process would be measured with it. It opens as many as it is told, closes them when it is told 0, and answers when it has.
 */
import { stoppedSocket } from '../gateway/stopped-reader.js';

export interface ToOpen {
  readonly url: string;
  readonly count: number;
  /** In turn. */
  readonly tokens: readonly string[];
}

/** So many connect at a time. */
const AT_ONCE = 50;

const teardowns: (() => unknown)[] = [];

process.on('message', ({ url, count, tokens }: ToOpen) => {
  void open(url, count, tokens).then(() => process.send!('done'));
});

async function open(url: string, count: number, tokens: readonly string[]): Promise<void> {
  if (count === 0) for (const teardown of teardowns.splice(0)) teardown();
  for (let at = 0; at < count; at += AT_ONCE) {
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, of) =>
        stoppedSocket(
          { teardown: (end) => teardowns.push(end as () => void) },
          url,
          tokens[(at + of) % tokens.length]!,
        ),
      ),
    );
  }
}
