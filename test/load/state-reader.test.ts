/** States as the load tool reads them: the seq of each page, and which states were seen before. */
import tap from 'tap';
import { StateReader } from '../../load/state-reader.js';

const page = (id: string, seq: number, name = id) => ({
  id,
  name,
  owner_id: 'olga',
  is_owner: false,
  seq,
  can_edit: false,
  can_share: false,
});
const alarm = (id: string, page_id: string) => ({
  id,
  page_id,
  ticker: 'EUR/USD',
  option: 'spot',
  condition: 'above',
  active: true,
  last_triggered: null,
});
const update = (page_id: string, seq: number) => ({
  type: 'alarm_update',
  payload: { alarm_id: 'a', page_id, action: 'triggered', data: alarm('a', page_id), seq, at: 'now', by: 'olga' },
});
const initial = (username: string, pages: object[], alarms: object[]) => ({
  type: 'initial_state',
  payload: { log: 'log-1', user: { id: username, username }, pages, alarms },
});
const resumed = (pages: object[]) => ({ type: 'resumed', id: 'r', payload: { log: 'log-1', pages, removed: [] } });

/** The message in the midst of other bytes, as it lies in what a socket reads. */
function read(reader: StateReader, message: object) {
  const text = Buffer.from(JSON.stringify(message));
  return reader.read(Buffer.concat([Buffer.from('xx'), text, Buffer.from('yy')]), 2, 2 + text.length);
}

tap.test('an initial_state: every page whole', async (t) => {
  const pages = [page('eur', 7, 'a "quoted" name'), page('usd', 0)];
  t.same(read(new StateReader(), initial('vera', pages, [alarm('a', 'eur')])), {
    log: 'log-1',
    pages: [
      { page: 'eur', seq: 7, firstUpdate: undefined, isWhole: true },
      { page: 'usd', seq: 0, firstUpdate: undefined, isWhole: true },
    ],
  });
});

tap.test('a resumed: updates, whole pages, and pages of which nothing was missed', async (t) => {
  const entries = [
    { page: page('eur', 9, ',"alarms":[ {"page":{"id":"no"'), updates: [update('eur', 8), update('eur', 9)] },
    { page: page('usd', 3), alarms: [alarm('b', 'usd')] },
    { page: page('gbp', 4), updates: [] },
  ];
  t.same(read(new StateReader(), resumed(entries))!.pages, [
    { page: 'eur', seq: 9, firstUpdate: 8, isWhole: false },
    { page: 'usd', seq: 3, firstUpdate: undefined, isWhole: true },
    { page: 'gbp', seq: 4, firstUpdate: undefined, isWhole: false },
  ]);
});

tap.test('what is another message is not read', async (t) => {
  t.equal(read(new StateReader(), update('eur', 1)), undefined);
});

tap.test('a state like one before is kept once, whoever it is for; any other is kept too', async (t) => {
  const reader = new StateReader();
  for (const user of ['vera', 'mary', 'vera']) read(reader, initial(user, [page('eur', 7)], [alarm('a', 'eur')]));
  t.equal(reader.distinct.length, 1);
  read(reader, initial('vera', [page('eur', 8)], [alarm('a', 'eur')]));
  read(reader, initial('vera', [page('eur', 7)], [alarm('b', 'eur')]));
  read(reader, resumed([{ page: page('eur', 7), alarms: [] }]));
  t.equal(reader.distinct.length, 4);
});
