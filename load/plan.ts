/** The plan of a run: viewers and publishers per worker, alarms and rate per publisher. */
import type { LoadOptions, StoppedReaderOptions, StormOptions } from './options.js';
import type { Stage } from './setup.js';
import type { Pace, Plan, PlannedPublisher } from './worker-protocol.js';

/** One plan a worker. */
export function planWorkers(options: LoadOptions, stage: Stage): Plan[] {
  const { url, ids, workers, viewers, publishers, outsiders } = options;
  const { sets, pages, alarms } = stage;
  const everyPage = pages.map((_page, index) => index);
  // With one set of pages, publishers see what viewers see, and share their reference stream.
  const pageSets = sets.length === 1 ? [...sets, []] : [...sets, everyPage, []];
  const publisherPageSet = pageSets.length - 2;
  const outsiderPageSet = pageSets.length - 1;

  const allViewers = numbers(viewers).map((n) => {
    const account = n % stage.viewers.length;
    // The nth viewer acknowledges where a multiple of the share passes a whole number: spread over all.
    const acknowledges = Math.floor((n + 1) * options.ack) > Math.floor(n * options.ack);
    return { name: `viewer ${n}`, token: stage.viewers[account]!.token, pageSet: account % sets.length, acknowledges };
  });
  const allPublishers = numbers(publishers).map(
    (n): PlannedPublisher => ({
      name: `publisher ${n}`,
      token: stage.publisher.token,
      pageSet: publisherPageSet,
      alarms: share(
        alarms.map((_alarm, index) => index),
        n,
        publishers,
      ),
      pace: paceOf(options, n),
    }),
  );
  const followers = numbers(options.followers).map((n) => {
    const account = n % stage.viewers.length;
    const { token } = stage.viewers[account]!;
    return {
      name: `event stream ${n}`,
      token,
      pageSet: account % sets.length,
      as: n % 2 === 0 ? 'ndjson' : 'sse',
    } as const;
  });
  const subscriptions = stage.viewers.flatMap(({ token }, account) => {
    const consumers = share(numbers(options.consumers), account, stage.viewers.length).length;
    return consumers > 0 ? [{ name: 'load', token, pageSet: account % sets.length, consumers }] : [];
  });
  return numbers(workers).map((worker) => ({
    url,
    ids,
    followers: share(followers, worker, workers),
    subscriptions: share(subscriptions, worker, workers),
    pages,
    alarms,
    pageSets,
    viewers: [
      ...share(allViewers, worker, workers),
      ...numbers(outsiders).map((n) => ({
        name: `outsider ${n} of worker ${worker}`,
        token: stage.outsider.token,
        pageSet: outsiderPageSet,
      })),
    ],
    publishers: share(allPublishers, worker, workers),
    returning: [],
  }));
}

/**
 * For a storm: the viewers that stay connected and the publishers are in the first process, those that are cut in the others. One
 * viewer per set of pages stays connected there too; the returning ones are compared with it, byte by byte.
 */
export function planStorm(options: LoadOptions, { stay, fresh }: StormOptions, stage: Stage): Plan[] {
  const [calm] = planWorkers({ ...options, viewers: stay, workers: 1 }, stage);
  const { viewers, workers } = options;
  const all = numbers(viewers).map((n) => {
    const account = n % stage.viewers.length;
    // Spread over all: the nth part of them is fresh where a multiple of the share passes a whole number.
    return {
      name: `returning viewer ${n}`,
      token: stage.viewers[account]!.token,
      pageSet: account % stage.sets.length,
      resumes: Math.floor((n + 1) * fresh) === Math.floor(n * fresh),
    };
  });
  const stormy = numbers(workers).map((worker) => ({
    ...calm!,
    viewers: stage.sets.map((_set, set) => ({
      name: `viewer of set ${set} in worker ${worker}`,
      token: stage.viewers[set]!.token,
      pageSet: set,
    })),
    publishers: [],
    returning: share(all, worker, workers),
  }));
  return [calm!, ...stormy];
}

/** The first viewers may stop reading and reconnect; they are in the last process, and the publishers in the first. */
export function planStoppedReader(options: LoadOptions, { stopped }: StoppedReaderOptions, stage: Stage): Plan[] {
  const plans = planWorkers({ ...options, viewers: options.viewers - stopped }, stage);
  const returning = numbers(stopped).map((n) => {
    const account = n % stage.viewers.length;
    return {
      name: `stopped viewer ${n}`,
      token: stage.viewers[account]!.token,
      pageSet: account % stage.sets.length,
      resumes: true,
    };
  });
  return plans.map((plan, at) => (at === plans.length - 1 ? { ...plan, returning } : plan));
}

function paceOf({ rate, burst, inFlight, publishers }: LoadOptions, publisher: number): Pace {
  if (rate !== undefined) return { rate: rate / publishers, burst, offsetUs: (publisher * burst * 1e6) / rate };
  return { inFlight: share(numbers(inFlight), publisher, publishers).length };
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Every `of`th item, from the `n`th on. */
const share = <T>(items: readonly T[], n: number, of: number): T[] => items.filter((_item, index) => index % of === n);
