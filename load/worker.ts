/** A worker process: opens its share of the sockets, triggers, checks, counts, and reports to the process that forked it. */

import { Acknowledger } from './acknowledger.js';
import { nowUs } from './clock.js';
import { EventLines } from './event-lines.js';
import { EventStream } from './event-stream.js';
import { Faults } from './faults.js';
import { Measurement } from './measurement.js';
import { PageViewers } from './page-viewers.js';
import { Publisher } from './publisher.js';
import { ReturningViewer } from './returning-viewer.js';
import { Returns } from './returns.js';
import { SendTimes } from './send-times.js';
import { StatusChecker } from './status-checker.js';
import { SubscriptionConsumers } from './subscription-consumers.js';
import { ViewerSocket } from './viewer-socket.js';
import type { FromWorker, Plan, ToWorker } from './worker-protocol.js';

/** Upgrades under way at once: enough to be quick, few enough for any server's backlog. */
const OPENING_AT_ONCE = 64;
const PROGRESS_MS = 200;
const SETTLE_POLL_MS = 10;

/** The leading socket may have gone: then no socket is told any more. */
const tell = (message: FromWorker): void => void process.send!(message, () => {});

/** A socket and the pages it must see, as indexes into the plan's. */
interface Seat {
  /** Another one after each return. */
  readonly member: Reader;
  readonly pages: readonly number[];
}

/** A socket, an event stream, or the consumers of a subscription. */
type Reader = Pick<ViewerSocket, 'isOpen' | 'close' | 'ready'> & {
  readonly checker: Pick<ViewerSocket['checker'], 'revisions' | 'settle'>;
};

class Worker {
  readonly #plan: Plan;
  readonly #faults = new Faults();
  readonly #measurement = new Measurement();
  readonly #pageSets: readonly PageViewers[];
  readonly #seats: Seat[] = [];
  readonly #publishers: Publisher[] = [];
  readonly #acknowledgers: Acknowledger[] = [];
  readonly #returns = new Returns(this.#faults);
  readonly #lines = new EventLines();
  /** By page: triggers done. */
  readonly #done: number[];
  #windowBegan = { us: nowUs(), cpu: process.cpuUsage() };
  #cpuShare = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#done = plan.pages.map(() => 0);
    const numbers = new Map(plan.alarms.map(({ id }, number) => [id, number]));
    const sendTimes = new SendTimes(plan.alarms.length);
    this.#pageSets = plan.pageSets.map(
      (pages) =>
        new PageViewers(
          pages.map((page) => plan.pages[page]!),
          numbers,
          sendTimes,
          plan.viewers.some(({ acknowledges }) => acknowledges) ? new StatusChecker(this.#faults) : undefined,
        ),
    );
  }

  async connect(): Promise<void> {
    const { viewers, publishers, returning, followers, subscriptions } = this.#plan;
    const openings = [
      ...publishers.map((planned) => () => this.#publisher(planned)),
      ...viewers.map((planned) => () => this.#viewer(planned)),
      ...returning.map((planned) => () => this.#returningViewer(planned).member),
      ...followers.map((planned) => () => this.#eventStream(planned)),
      ...subscriptions.map((planned) => () => this.#consumers(planned)),
    ].values();
    const next = async (): Promise<void> => {
      for (const open of openings) await open().ready;
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, next));
    tell({ kind: 'connected', sequenced: this.#sockets.every(({ checker }) => checker.sequenced) });
  }

  /** All seats' that are sockets. */
  get #sockets(): ViewerSocket[] {
    return this.#seats.flatMap(({ member }) => (member instanceof ViewerSocket ? member : []));
  }

  get #address(): string {
    return this.#plan.url.replace(/\/*$/, '/');
  }

  #url(): URL {
    return new URL('ws', this.#address.replace(/^http/, 'ws'));
  }

  #options({ name, token, pageSet }: { name: string; token: string; pageSet: number }) {
    return { name, token, url: this.#url(), pageSet: this.#pageSets[pageSet]!, faults: this.#faults };
  }

  #viewer(planned: Plan['viewers'][number]): ViewerSocket {
    const measurement = this.#measurement;
    const acknowledger = planned.acknowledges ? this.#acknowledger(planned) : undefined;
    const member = new ViewerSocket(this.#options(planned), {
      triggered: (alarm, sentAt, now) => {
        measurement.delivered(sentAt, now);
        acknowledger?.triggered(alarm);
      },
      ...(acknowledger && {
        answered: (answer) => acknowledger.answered(answer),
        isExpected: (error) => acknowledger.isExpected(error),
      }),
    });
    acknowledger?.start(member);
    this.#seats.push({ member, pages: this.#plan.pageSets[planned.pageSet]! });
    return member;
  }

  #eventStream({ as, ...planned }: Plan['followers'][number]): EventStream {
    const member = new EventStream({
      ...this.#options(planned),
      url: new URL(this.#address),
      as,
      lines: this.#lines,
      received: (sentAt, now) => this.#measurement.read('followers', sentAt, now),
    });
    this.#seats.push({ member, pages: this.#plan.pageSets[planned.pageSet]! });
    return member;
  }

  #consumers({ consumers, ...planned }: Plan['subscriptions'][number]): SubscriptionConsumers {
    const measurement = this.#measurement;
    const member = new SubscriptionConsumers({
      ...this.#options(planned),
      url: this.#plan.url,
      consumers,
      received: (sentAt, now) => measurement.read('consumers', sentAt, now),
      acknowledged: (now) => measurement.acknowledged(now),
    });
    this.#seats.push({ member, pages: this.#plan.pageSets[planned.pageSet]! });
    return member;
  }

  #acknowledger({ name, pageSet }: Plan['viewers'][number]): Acknowledger {
    const { alarms, pageSets } = this.#plan;
    const places = pageSets[pageSet]!;
    const acknowledger = new Acknowledger({
      name,
      faults: this.#faults,
      alarmOf: (alarm) => ({ id: alarms[alarm]!.id, page: places.indexOf(alarms[alarm]!.page) }),
    });
    this.#acknowledgers.push(acknowledger);
    return acknowledger;
  }

  #returningViewer(planned: Plan['returning'][number]): ReturningViewer {
    const measurement = this.#measurement;
    const { states, refused } = this.#returns;
    // What they receive counts, but not how late: that is caused by themselves.
    const triggered = (now: number): void => measurement.delivered(NaN, now);
    const viewer = new ReturningViewer(
      { ...this.#options(planned), resumes: planned.resumes, states, triggered, refused },
      this.#plan.pageSets[planned.pageSet]!,
    );
    this.#returns.viewers.push(viewer);
    this.#seats.push(viewer);
    return viewer;
  }

  #publisher(planned: Plan['publishers'][number]): ViewerSocket {
    const { ids, alarms } = this.#plan;
    const own = planned.alarms.map((number) => ({ id: alarms[number]!.id, number }));
    const done = (alarm: number): void => void this.#done[alarms[alarm]!.page]!++;
    const publisher = new Publisher({
      ...this.#options(planned),
      ids,
      alarms: own,
      measurement: this.#measurement,
      done,
    });
    this.#publishers.push(publisher);
    this.#seats.push({ member: publisher.member, pages: this.#plan.pageSets[planned.pageSet]! });
    return publisher.member;
  }

  run(startUs: number, fromUs: number, toUs: number): void {
    this.#measurement.window(fromUs, toUs);
    const inMs = (us: number): number => Math.max(0, Math.ceil((us - nowUs()) / 1_000));
    setTimeout(() => {
      this.#publishers.forEach((publisher, index) => {
        const { pace } = this.#plan.publishers[index]!;
        if ('rate' in pace) publisher.startOpen(pace.rate, startUs + pace.offsetUs, pace.burst);
        else publisher.startClosed(pace.inFlight);
      });
    }, inMs(startUs));
    setTimeout(() => (this.#windowBegan = { us: nowUs(), cpu: process.cpuUsage() }), inMs(fromUs));
    setInterval(
      () =>
        tell({
          kind: 'progress',
          triggers: this.#measurement.triggersSoFar,
          deliveries: this.#measurement.deliveriesSoFar,
        }),
      PROGRESS_MS,
    ).unref();
  }

  window(fromUs: number, toUs: number): void {
    this.#measurement.window(fromUs, toUs);
  }

  async storm(atUs: number, spreadUs: number): Promise<void> {
    await this.#returns.watch(this.#url(), this.#oracles());
    tell({ kind: 'returned', report: await this.#returns.storm(atUs, spreadUs) });
  }

  async stopReading(forMs: number): Promise<void> {
    const beside = this.#sockets.find((member) => !this.#returns.viewers.some((viewer) => viewer.member === member))!;
    const report = await this.#returns.stopReading(forMs, beside, () =>
      this.#returns.watch(this.#url(), this.#oracles()),
    );
    tell({ kind: 'read on', report });
  }

  /** A token for each page set of returning viewers. */
  #oracles(): string[] {
    return [...new Map(this.#plan.returning.map(({ pageSet, token }) => [pageSet, token])).values()];
  }

  async stop(drainMs: number): Promise<void> {
    const { user, system } = process.cpuUsage(this.#windowBegan.cpu);
    this.#cpuShare = (user + system) / (nowUs() - this.#windowBegan.us);
    await Promise.race([
      Promise.all(this.#publishers.map((publisher) => publisher.stop())),
      new Promise((resolve) => setTimeout(resolve, drainMs)),
    ]);
    const open = this.#publishers.reduce((sum, { inFlight }) => sum + inFlight, 0);
    if (open)
      this.#faults.add(
        'unanswered',
        open,
        () => `${open} triggers: nothing came back within ${drainMs / 1_000} s of the end`,
      );
    const revisions = this.#plan.pages.map(() => 0);
    for (const { member, pages } of this.#seats) {
      const seen = member.checker.revisions();
      pages.forEach((page, index) => (revisions[page] = Math.max(revisions[page]!, seen[index]!)));
    }
    tell({ kind: 'idle', revisions, done: this.#done });
  }

  async settle(revisions: readonly number[], drainMs: number): Promise<void> {
    const isThere = ({ member, pages }: Seat): boolean => {
      const seen = member.checker.revisions();
      return !member.isOpen || pages.every((page, index) => seen[index]! >= revisions[page]!);
    };
    const deadline = nowUs() + drainMs * 1_000;
    let behind = this.#seats.filter((seat) => !isThere(seat));
    while (behind.length && nowUs() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_POLL_MS));
      behind = behind.filter((seat) => !isThere(seat));
    }
    for (const { member, pages } of this.#seats)
      if (member.isOpen) member.checker.settle(pages.map((page) => revisions[page]!));
    for (const { member } of this.#seats) member.close();
    const statesChecked = this.#returns.check();
    const { counts, examples } = this.#faults;
    tell({
      kind: 'report',
      report: {
        windows: this.#measurement.report(),
        statesChecked,
        alarmsAcknowledged: this.#acknowledgers.reduce((sum, { done }) => sum + done, 0),
        faults: counts,
        examples,
        cpuShare: this.#cpuShare,
      },
    });
  }
}

let worker: Worker | undefined;
process.on('message', (message: ToWorker) => {
  const doing = act(message);
  doing?.catch((error: Error) => tell({ kind: 'failed', why: error.message }));
});
process.once('disconnect', () => process.exit());

function act(message: ToWorker): Promise<void> | undefined {
  switch (message.kind) {
    case 'plan':
      worker = new Worker(message.plan);
      return worker.connect();
    case 'run':
      worker!.run(message.startUs, message.fromUs, message.toUs);
      return undefined;
    case 'window':
      worker!.window(message.fromUs, message.toUs);
      return undefined;
    case 'storm':
      return worker!.storm(message.atUs, message.spreadUs);
    case 'stop reading':
      return worker!.stopReading(message.forMs);
    case 'stop':
      return worker!.stop(message.drainMs);
    case 'settle':
      return worker!.settle(message.revisions, message.drainMs);
  }
}
