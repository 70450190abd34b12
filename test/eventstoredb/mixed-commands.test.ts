/** Many mixed commands over two nodes, with faults of the store; on the stand-in where no server is named by TEST_EVENT_STORE. */
import t from 'tap';
import { readModelFile } from '../../src/config.js';
import { openDatabase } from '../../src/log/sqlite/database.js';
import { Random } from '../crash/random.js';
import { differences, streamedAgainstRebuilt } from '../crash/read-model-comparison.js';
import { alarmOn, type Desk, grant, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { person } from '../e2e/test-server.js';
import { ServerProcess } from '../process/server-process.js';
import { givenNumber } from '../runner/given-number.js';
import { decided, troubleFor } from './store-trouble.js';
import { at, twoNodes, unique } from './two-nodes.js';

/** How many of the mixed commands each of the two nodes gets. */
const COMMANDS = givenNumber('TEST_COMMANDS', 500);

t.test(
  `LOG-15 LOG-16 PROJ-1 ${2 * COMMANDS} mixed commands over two nodes, with faults of the store: none lost, none doubled, both read models equal and equal to a rebuilt one`,
  async (t) => {
    const { nodes, standIn } = await twoNodes(t);
    const random = new Random(20_261_124);
    const [a, b] = nodes;
    const people = await Promise.all(['a', 'b', 'c', 'd'].map((name) => person(t, a.server.url, unique(name))));
    const owner = await sitDown(t, a.server, people[0]!);
    const pages = await Promise.all(
      [1, 2, 3].map(async (number) => (await owner.must('create_page', { name: `Page ${number}` })).data.id as string),
    );
    const alarms: string[] = [];
    let position = '';
    for (const page of pages) {
      for (const somebody of people.slice(1)) await owner.must('share_page', grant(page, 'user', somebody.id, 'edit'));
      for (let made = 0; made < 5; made++) {
        const { data, position: at } = await owner.must('create_alarm', alarmOn(page));
        alarms.push(data.id);
        position = at;
      }
    }
    await request(b.server.url, 'GET', `/pages?min_position=${position}`, { token: people[0]!.token });
    const desks = await Promise.all(
      people.flatMap((somebody) => nodes.map((node) => sitDown(t, node.server, at(node, somebody)))),
    );
    const order = (): readonly [string, unknown] => {
      const [page, alarm] = [random.among(pages)!, random.among(alarms)!];
      const what = random.between(0, 99);
      if (what < 70) return ['trigger_alarm', { alarm_id: alarm, price: random.between(1, 1_000) }];
      if (what < 80) return ['update_alarm', { alarm_id: alarm, condition: `over ${random.between(1, 1_000)}` }];
      if (what < 85) return ['create_alarm', alarmOn(page)];
      if (what < 95)
        return [
          'share_page',
          grant(page, 'user', people[random.between(1, 3)]!.id, random.among(['view', 'edit', 'nothing'] as const)!),
        ];
      return ['rename_page', { page_id: page, name: `Page ${random.between(1, 1_000)}` }];
    };
    let left = 2 * COMMANDS;
    const done = new Map<string, { seq: number; page: string }>();
    const refused = new Map<string, number>();
    const work = async (desk: Desk): Promise<void> => {
      while (left-- > 0) {
        const [type, payload] = order();
        const id = `${desk.person.username} ${left}`;
        const answer = await decided(desk, type, payload, id);
        if (answer.type === 'success')
          done.set(id, { seq: answer.payload.seq, page: answer.payload.data.page_id ?? answer.payload.data.id });
        else refused.set(answer.payload.code, (refused.get(answer.payload.code) ?? 0) + 1);
      }
    };
    const trouble = standIn && troubleFor(standIn, random, () => done.size);
    t.teardown(() => trouble?.());
    // Each desk has several commands under way.
    await Promise.all(desks.flatMap((desk) => [1, 2, 3, 4].map(() => work(desk))));
    trouble?.();
    t.comment(`${done.size} done, refused: ${JSON.stringify(Object.fromEntries(refused))}`);
    t.same(
      [...refused.keys()].filter((code) => !['not_found', 'permission_denied'].includes(code)),
      [],
    );
    t.ok(done.size > COMMANDS / 2, 'most commands were done');

    // A node may be behind the other's answers: both have to be past the last of them.
    const past = `min_position=${(await decided(owner, 'rename_page', { page_id: pages[0], name: 'The last command' }, 'last')).payload.position}`;
    await request(b.server.url, 'GET', `/pages?${past}`, { token: people[0]!.token });
    const events = new Map<string, number>();
    for (const page of pages) {
      let after: number | null = -1;
      while (after !== null) {
        const { json } = await owner.http('GET', `/pages/${page}/events?limit=1000&after_seq=${after}&${past}`);
        for (const { seq, void: isVoid } of json.events)
          if (!isVoid) events.set(`${page} ${seq}`, (events.get(`${page} ${seq}`) ?? 0) + 1);
        after = json.next;
      }
    }
    const answered = [...done.values()].map(({ page, seq }) => `${page} ${seq}`);
    t.same(
      answered.filter((place) => events.get(place) !== 1),
      [],
      'every answered command has its event',
    );
    t.equal(new Set(answered).size, answered.length, 'and no two have the same');
    for (const { server } of nodes) t.equal((await server.end('SIGTERM')).code, 0);
    // What the last one recorded when it stopped, of refusals, came after the first one had stopped.
    const again = await ServerProcess.start({ dataDir: a.dataDir, environment: a.environment });
    t.equal((await again.end('SIGTERM')).code, 0);
    t.same(differences(readModelFile(a.dataDir), readModelFile(b.dataDir)), [], 'both read models are equal');
    t.same(doneTwice(readModelFile(a.dataDir)), [], 'no command has had two effects');
    t.same(await streamedAgainstRebuilt(a.dataDir, a.environment), [], 'and equal to a rebuilt one');
  },
);

/** Ids of commands that more than one event bears which is not void. */
function doneTwice(file: string): unknown[] {
  const db = openDatabase(file, { readonly: true });
  try {
    return db.prepare('SELECT stream, revision FROM commands GROUP BY stream, revision HAVING count(*) > 1').all();
  } finally {
    db.close();
  }
}
