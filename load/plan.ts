/** Who holds which sockets: viewers and publishers dealt out to the workers, alarms and pace to the publishers. */
import type { LoadOptions } from './options.js';
import type { Stage } from './setup.js';
import type { Pace, Plan, PlannedPublisher } from './worker-protocol.js';

/** One plan a worker. */
export function planWorkers(options: LoadOptions, stage: Stage): Plan[] {
  const { url, ids, workers, viewers, publishers, outsiders } = options;
  const { sets, pages, alarms } = stage;
  const everyPage = pages.map((_page, index) => index);
  // With one set of pages, publishers see what viewers see, and share their reference stream.
  const audiences = sets.length === 1 ? [...sets, []] : [...sets, everyPage, []];
  const publisherAudience = audiences.length - 2;
  const outsiderAudience = audiences.length - 1;

  const allViewers = numbers(viewers).map((n) => {
    const account = n % stage.viewers.length;
    return { name: `viewer ${n}`, token: stage.viewers[account]!.token, audience: account % sets.length };
  });
  const allPublishers = numbers(publishers).map((n): PlannedPublisher => ({
    name: `publisher ${n}`,
    token: stage.publisher.token,
    audience: publisherAudience,
    alarms: share(alarms.map((_alarm, index) => index), n, publishers),
    pace: paceOf(options, n),
  }));
  return numbers(workers).map((worker) => ({
    url,
    ids,
    pages,
    alarms,
    audiences,
    viewers: [
      ...share(allViewers, worker, workers),
      ...numbers(outsiders).map((n) => ({ name: `outsider ${n} of worker ${worker}`, token: stage.outsider.token, audience: outsiderAudience })),
    ],
    publishers: share(allPublishers, worker, workers),
  }));
}

function paceOf({ rate, inFlight, publishers }: LoadOptions, publisher: number): Pace {
  if (rate !== undefined) return { rate: rate / publishers, offsetUs: (publisher * 1e6) / rate };
  return { inFlight: share(numbers(inFlight), publisher, publishers).length };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Every `of`th item, from the `n`th on. */
const share = <T>(items: readonly T[], n: number, of: number): T[] => items.filter((_item, index) => index % of === n);
