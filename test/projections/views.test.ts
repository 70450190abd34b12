import t from 'tap';
import { evolve, newPage } from '../../src/domain/page.js';
import { alarmsJson } from '../../src/projections/views.js';

const AT = '2026-02-01T08:00:00.000Z';

t.test('STORM-4 the alarms of a page are made into text once for each seq', async (t) => {
  const page = newPage('page', 'Alarmes', 'olga');
  for (const alarm_id of ['a', 'b']) evolve(page, { type: 'AlarmCreated', data: { alarm_id, ticker: 'EUR/USD', option: 'spot', condition: 'above' } }, AT);
  let reads = 0;
  const { values } = page.alarms;
  page.alarms.values = () => {
    reads += 1;
    return values.call(page.alarms);
  };
  const first = alarmsJson(page);
  for (let at = 0; at < 100; at += 1) t.equal(alarmsJson(page), first);
  t.equal(reads, 1);
  evolve(page, { type: 'AlarmTriggered', data: { alarm_id: 'b', price: 1 } }, AT);
  page.seq += 1;
  t.match(JSON.parse(`[${alarmsJson(page)}]`), [{ id: 'a', last_triggered: null }, { id: 'b', last_triggered: AT }]);
  t.equal(reads, 2);
});
