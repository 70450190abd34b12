/** Under a stream of triggers rights come and go, by grants and by groups, and each viewer sees contiguous numbers of the pages they may see. */
import fc from 'fast-check';
import t from 'tap';
import { createTokens } from '../../src/auth/tokens.js';
import { downMessages } from '../../src/protocol/down-messages.js';
import { Holder } from '../gateway/holder.js';
import { givenNumber } from '../runner/given-number.js';
import { alarmOn, type Desk, type Granted, grant, makeGroup, sitDown } from './desk.js';
import { faultsIn, foldOf, readBy } from './heard.js';
import { triggerSteadily } from './load-on-page.js';
import { startServer } from './test-server.js';

/** Of the random changes; set it to replay a failure. */
const SEED = givenNumber('TEST_SEED', Date.now() % 2 ** 31, 0);

const SECRET = 'a secret that this test knows and that has 32 bytes at least';
const server = await startServer(t, { environment: { JWT_SECRET_KEY: SECRET, LIMITS: 'off' } });
const [ownerPerson, ...viewerPeople] = await Promise.all(
  ['owner', 'ann', 'bob', 'cid'].map((name) => server.person(name)),
);
const owner = await sitDown(t, server, ownerPerson!);
// Two sockets of the first viewer: both receive the same.
const viewers = await Promise.all([viewerPeople[0]!, ...viewerPeople].map((person) => sitDown(t, server, person)));
const groups = await Promise.all(['Desk', 'Night'].map((name) => makeGroup(owner, name, [])));

/** One change of rights. */
type Change =
  | {
      readonly kind: 'share';
      readonly to: 'user' | 'group';
      readonly at: number;
      readonly page: number;
      readonly granted: Granted;
    }
  | { readonly kind: 'member'; readonly group: number; readonly user: number; readonly joins: boolean }
  | { readonly kind: 'rename' | 'alarm'; readonly page: number };

const index = (size: number) => fc.nat(size - 1);
const changes = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('share' as const),
      to: fc.constantFrom('user' as const, 'group' as const),
      at: index(2),
      page: index(2),
      granted: fc.constantFrom<Granted>('view', 'edit', 'nothing'),
    }),
    fc.record({ kind: fc.constant('member' as const), group: index(2), user: index(3), joins: fc.boolean() }),
    fc.record({ kind: fc.constantFrom('rename' as const, 'alarm' as const), page: index(2) }),
  ),
  { minLength: 150, maxLength: 150 },
);

/** Commands that cause every kind of message, whatever the random ones are. */
const certain: readonly Change[] = [
  { kind: 'share', to: 'user', at: 0, page: 0, granted: 'view' },
  { kind: 'share', to: 'group', at: 0, page: 0, granted: 'edit' },
  { kind: 'member', group: 0, user: 0, joins: true },
  { kind: 'rename', page: 0 },
  { kind: 'member', group: 0, user: 0, joins: false },
  { kind: 'share', to: 'user', at: 0, page: 0, granted: 'nothing' },
];

async function make(change: Change, pages: readonly string[]): Promise<void> {
  switch (change.kind) {
    case 'share':
      return owner.must(
        'share_page',
        grant(
          pages[change.page]!,
          change.to,
          change.to === 'user' ? viewerPeople[change.at]!.id : groups[change.at]!,
          change.granted,
        ),
      );
    case 'member':
      // Adding a member again, or removing none, changes nothing: that must do no harm either.
      return void (await owner.http(
        change.joins ? 'POST' : 'DELETE',
        `/groups/${groups[change.group]}/members/${viewerPeople[change.user]!.id}`,
      ));
    case 'rename':
      return owner.must('rename_page', { page_id: pages[change.page]!, name: 'Renamed' });
    case 'alarm':
      return owner.must('create_alarm', alarmOn(pages[change.page]!));
  }
}

/** The socket has a token for a moment that is soon to end, and is told so. */
async function hearOfEnd(desk: Desk): Promise<void> {
  const { token } = desk.person;
  const longAgo = createTokens({
    secret: Buffer.from(SECRET),
    expireMinutes: 60,
    sessionDays: 7,
    now: () => Date.now() - 3_550_000,
  });
  const subject = longAgo.verify(token);
  if (subject.kind !== 'valid') throw new Error('the token is not valid');
  await desk.must('refresh', { token: await longAgo.issue(subject) });
  await desk.next('token_expiring');
  await desk.must('refresh', { token });
}

t.test(
  `DLV-1 contiguous numbers for every viewer while rights change under a stream of triggers (TEST_SEED=${SEED})`,
  async (t) => {
    const pages = (await Promise.all(['One', 'Two'].map((name) => owner.must('create_page', { name })))).map(
      ({ data }) => data.id as string,
    );
    const alarms = await Promise.all(
      pages.map(async (page) => (await owner.must('create_alarm', alarmOn(page))).data.id as string),
    );
    const loads = alarms.map((alarm) => triggerSteadily(owner, alarm, 8));
    const sequence = [...certain, ...fc.sample(changes, { seed: SEED, numRuns: 1 })[0]!];
    for (const change of sequence) await make(change, pages);
    await hearOfEnd(owner);
    for (const load of loads) t.ok((await load.stop()) > sequence.length, 'the triggers went on all the while');

    for (const desk of [owner, ...viewers]) {
      await desk.fence();
      t.same(
        faultsIn(desk.messages),
        [],
        `${desk.person.username} received no gap, no repetition, nothing of a page they did not hold`,
      );
      t.same(foldOf(desk.messages), await readBy(desk), `what ${desk.person.username} holds is what the server says`);
    }
    const texts = (desk: Desk): string[] => desk.texts.slice(1).filter((text) => !text.startsWith('{"type":"error"'));
    t.same(texts(viewers[0]!), texts(viewers[1]!), 'two sockets of one user receive the same, byte for byte');
    // Answers that no event brings.
    const returning = new Holder(server.url, owner.person.token);
    await returning.join();
    await returning.cut();
    await returning.resume();
    await returning.ask('sync', { page_id: pages[0]!, seq: 0 });
    t.same(returning.faults, []);
    returning.socket.terminate();
    // The last messages of a stopping server are received.
    const stopping = await startServer(t, { environment: { LIMITS: 'off' } });
    const last = await sitDown(t, stopping, await stopping.person('last'));
    await stopping.app.stop();
    await last.closed;
    const types = new Set(
      [owner, ...viewers, returning, last].flatMap(({ messages }) => messages.map(({ type }) => type)),
    );
    t.same(
      [...types].sort(),
      downMessages.map(({ shape }) => shape.type.value).sort(),
      'every type of message was there, and fitted its schema',
    );
  },
);

t.test('DLV-1 seq, at and by of an update are those of its event in the history', async (t) => {
  const page = owner.messages.findLast(({ type }) => type === 'page_added')!.payload.page.id;
  const history: any[] = [];
  for (let next: number | null = -1; next !== null; ) {
    const { json } = await owner.http('GET', `/pages/${page}/events?after_seq=${next}&limit=1000`);
    history.push(...json.events);
    next = json.next;
  }
  const heard = owner.messages.filter(
    ({ type, payload }) => (type === 'alarm_update' || type === 'page_update') && payload.page_id === page,
  );
  t.same(
    history.map(({ seq }) => seq),
    history.map((_, at) => at),
    'the history is whole',
  );
  t.same(
    heard.map(({ payload: { seq, at, by } }) => ({ seq, at, by })),
    history.slice(1).map(({ seq, at, by }) => ({ seq, at, by })),
    'all of it but the creation, which was page_added',
  );
  const data = (payload: any): unknown => payload.data ?? payload.share;
  t.same(
    heard.filter(({ payload }) => data(payload)).map(({ payload }) => data(payload)),
    heard.map(({ payload }, at) => data(payload) && history[at + 1].data).filter(Boolean),
  );
});
