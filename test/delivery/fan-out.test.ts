/** Changes of rights that are told in slices: what is told when, with a clock and a loop that the test controls. */
import t from 'tap';
import { FanOut } from '../../src/delivery/fan-out.js';
import type { Sink, Viewer } from '../../src/delivery/hub.js';

const viewerWith = (userId: string, sockets: number): Viewer => ({
  userId,
  sinks: new Set(Array.from({ length: sockets }, () => ({}) as Sink)),
  pages: new Map(),
});
const pages = (count: number): string[] => Array.from({ length: count }, (_, at) => `p${at}`);

class Turned {
  now = 0;
  readonly told: string[] = [];
  readonly fanOut: FanOut;
  #next: (() => void)[] = [];

  /** Each page that is told takes 0.5 ms, of the 2 ms of an iteration. */
  constructor(sendsAtOnce = 10) {
    const settle = (viewer: Viewer, pageId: string): void => {
      this.now += 0.5;
      this.told.push(`${viewer.userId} ${pageId}`);
    };
    this.fanOut = new FanOut({
      settle,
      sendsAtOnce,
      now: () => this.now,
      nextIteration: (then) => this.#next.push(then),
    });
  }

  iteration(): string[] {
    this.told.length = 0;
    for (const then of this.#next.splice(0)) then();
    return [...this.told];
  }
}

t.test(
  'DLV-13 what fits into an iteration is told at once, the rest 2 ms in each, in turn between the viewers',
  async (t) => {
    const scene = new Turned();
    const [vera, steve] = [viewerWith('vera', 2), viewerWith('steve', 1)];
    for (const page of pages(11)) scene.fanOut.change(vera, page);
    t.same(
      scene.told,
      pages(5).map((page) => `vera ${page}`),
      'ten messages',
    );
    for (const page of pages(3)) scene.fanOut.change(steve, page);
    t.same(
      scene.iteration(),
      ['p5', 'p6', 'p7', 'p8'].map((page) => `vera ${page}`),
    );
    t.same(scene.iteration(), ['steve p0', 'steve p1', 'steve p2', 'vera p9']);
    t.same(scene.iteration(), ['vera p10']);
    t.equal(scene.fanOut.waiting, 0);
    scene.fanOut.change(vera, 'later');
    t.same(scene.told.at(-1), 'vera later', 'there is room again');
  },
);

t.test('DLV-13 a page of which something happens is told first, to those who need it, and once', async (t) => {
  const scene = new Turned(0);
  const [vera, steve] = [viewerWith('vera', 1), viewerWith('steve', 1)];
  for (const page of pages(6)) for (const viewer of [vera, steve]) scene.fanOut.change(viewer, page);
  scene.fanOut.settleNow('p3', (viewer) => viewer === vera);
  scene.fanOut.settleNow('p3', (viewer) => viewer === vera);
  scene.fanOut.settleNow('elsewhere', () => true);
  t.same(scene.told, ['vera p3']);
  const rest = [...scene.iteration(), ...scene.iteration(), ...scene.iteration()];
  t.equal(rest.length, 11);
  t.notOk(rest.includes('vera p3'));
  t.ok(rest.includes('steve p3'));
});

t.test('DLV-13 a page that changes again before it is told is told once', async (t) => {
  const scene = new Turned(0);
  const vera = viewerWith('vera', 1);
  for (let at = 0; at < 100; at += 1) scene.fanOut.change(vera, 'p');
  t.same(scene.iteration(), ['vera p']);
  t.same(scene.iteration(), []);
});

t.test('DLV-13 a joining socket waits until all is told; a little is told at once', async (t) => {
  const scene = new Turned(10);
  const vera = viewerWith('vera', 100);
  t.equal(scene.fanOut.whenSettled(vera), undefined);
  for (const page of pages(5)) scene.fanOut.change(vera, page);
  let isSettled = false;
  void scene.fanOut.whenSettled(vera)!.then(() => (isSettled = true));
  scene.iteration();
  await Promise.resolve();
  t.equal(isSettled, false);
  scene.iteration();
  await Promise.resolve();
  t.equal(isSettled, true);
  const steve = viewerWith('steve', 3);
  const full = new Turned(9);
  for (const page of pages(6)) full.fanOut.change(steve, page);
  t.ok(full.fanOut.whenSettled(steve), 'not in an iteration that is full');
  full.iteration();
});

t.test(
  'DLV-13 pages of many viewers: a little at once, and much in slices, each once, what is needed first',
  async (t) => {
    const scene = new Turned(10);
    const [vera, steve] = [viewerWith('vera', 3), viewerWith('steve', 1)];
    scene.fanOut.changeAll([vera, steve], pages(2));
    t.equal(scene.told.length, 4, 'at once');
    t.equal(scene.fanOut.waiting, 0);
    scene.told.length = 0;
    scene.fanOut.changeAll([vera, steve], pages(6));
    t.same(scene.told, []);
    t.equal(scene.fanOut.waiting, 1);
    scene.fanOut.settleNow('p5', (viewer) => viewer === steve);
    scene.fanOut.settleNow('elsewhere', () => true);
    t.same(scene.told, ['steve p5']);
    t.same(scene.iteration(), ['vera p0', 'steve p0', 'vera p1', 'steve p1']);
    let isSettled = false;
    void scene.fanOut.whenSettled(vera)?.then(() => (isSettled = true));
    const rest = Array.from({ length: 6 }, () => scene.iteration()).flat();
    await Promise.resolve();
    t.equal(isSettled, true, 'who joins waits for their part');
    for (const page of pages(6).slice(2))
      for (const who of ['vera', 'steve']) t.ok(rest.includes(`${who} ${page}`), `${who} ${page}`);
    t.equal(scene.fanOut.waiting, 0);
  },
);
