/** Queries: what a path does not know, or could be read in two ways, is refused and never ignored. */
import t from 'tap';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { startServer } from '../e2e/test-server.js';

const server = await startServer(t);
const desk = await sitDown(t, server, await server.person('john'));
const page = (await desk.must('create_page', { name: 'Page' })).data.id as string;
const alarm = (await desk.must('create_alarm', alarmOn(page))).data.id as string;

t.test(
  'HTTP-9 a parameter that the path does not know is refused with 422, and the nearest right one is named',
  async (t) => {
    for (const [path, field, message] of [
      [
        `/pages/${page}/events?since=2026-11-01`,
        'since',
        /is unknown: this path has the query parameters after_seq, before_seq, limit, types, order, min_position, from, to$/,
      ],
      [`/pages/${page}/events?afterseq=0`, 'afterseq', /did you mean after_seq\?/],
      [`/pages/${page}/events?Limit=5`, 'Limit', /did you mean limit\?/],
      [`/alarms/${alarm}/events?limits=5`, 'limits', /did you mean limit\?/],
      ['/pages?page=2', 'page', /this path has the query parameters min_position$/],
      ['/users?name=john', 'name', /did you mean username\?|this path has the query parameters username/],
      ['/users?username=john&exact=1', 'exact', /is unknown/],
      ['/me?min_position=1', 'min_position', /has no query parameters/],
      ['/groups?min_positon=0', 'min_positon', /did you mean min_position\?/],
      ['/pages?token=secret', 'token', /Authorization: Bearer <token>/],
    ] as const) {
      const answer = await desk.http('GET', path);
      t.match(answer, { status: 422, json: { code: 'validation_failed', errors: [{ field, message }] } }, path);
      t.notMatch(answer.text, 'secret', 'the value is not repeated');
    }
    t.match(
      await desk.http('POST', '/pages?dry_run=1', { body: { name: 'Not made' } }),
      { status: 422 },
      'a command too',
    );
    t.match(await desk.http('DELETE', `/pages/${page}?force`), { status: 422 });
    t.equal((await desk.http('GET', '/pages')).json.length, 1, 'nothing was done');
    for (const path of ['/health?t=1', '/ready?t=1', '/metrics?name[]=x', '/docs?x', '/openapi.json?v=1'])
      t.equal((await desk.http('GET', path)).status, 200, `${path}: monitoring may add a parameter against caches`);
  },
);

t.test('HTTP-9 a parameter given twice is refused', async (t) => {
  for (const query of ['limit=1&limit=2', 'limit=1&limit=1', 'after_seq=0&limit=1&after_seq=1', 'l%69mit=1&limit=1'])
    t.match(
      await desk.http('GET', `/pages/${page}/events?${query}`),
      { status: 422, json: { errors: [{ message: /more than once/ }] } },
      query,
    );
});

t.test(
  'HTTP-9 numbers are decimal digits: what else JavaScript takes for a number is refused, and an empty one does not skip event 0',
  async (t) => {
    for (const value of [
      '',
      '0x10',
      '1e3',
      '%205',
      '5%20',
      '+5',
      '%2B5',
      '05',
      '1.0',
      '-0',
      '-2',
      'Infinity',
      'NaN',
      '٣',
      '9'.repeat(17),
      '1_000',
      'null',
    ]) {
      t.match(
        await desk.http('GET', `/pages/${page}/events?after_seq=${value}`),
        { status: 422, json: { errors: [{ field: 'after_seq', message: /^must be/ }] } },
        `after_seq=${value}`,
      );
      t.match(
        await desk.http('GET', `/alarms/${alarm}/events?limit=${value}`),
        { status: 422, json: { errors: [{ field: 'limit', message: /^must be/ }] } },
        `limit=${value}`,
      );
    }
    for (const value of ['', '0x1', '1e3', ' 1', '01', '-1'])
      t.match(
        await desk.http('GET', `/pages?min_position=${encodeURIComponent(value)}`),
        { status: 422 },
        `min_position=${value}`,
      );
    t.same(
      (await desk.http('GET', `/pages/${page}/events`)).json.events.map(({ seq }: { seq: number }) => seq),
      [0, 1],
    );
    t.same(
      (await desk.http('GET', `/pages/${page}/events?after_seq=-1`)).json.events.map(({ seq }: { seq: number }) => seq),
      [0, 1],
    );
    t.same(
      (await desk.http('GET', `/pages/${page}/events?after_seq=0&limit=1`)).json.events.map(
        ({ seq }: { seq: number }) => seq,
      ),
      [1],
    );
  },
);

t.test('HTTP-9 a name to look for must be there', async (t) => {
  t.match(await desk.http('GET', '/users'), { status: 422, json: { errors: [{ field: 'username' }] } });
});
