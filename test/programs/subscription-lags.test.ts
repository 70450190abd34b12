/** How far subscriptions are behind, in metrics: few series, whatever the number of subscriptions. */
import t from 'tap';
import type { DurableSubscription } from '../../src/feeds/durable-subscription.js';
import { SubscriptionLags, type SubscriptionLagsOptions } from '../../src/feeds/subscription-lags.js';
import { alarmOn, sitDown } from '../e2e/desk.js';
import { request } from '../e2e/http-requests.js';
import { startServer } from '../e2e/test-server.js';
import { openStream } from '../http/event-stream-client.js';

t.test('SUB-12 /metrics: streams, subscriptions, and the lag of those that are behind', async (t) => {
  const server = await startServer(t, { environment: { LIMITS: 'off' } });
  const olga = await server.person('olga');
  const owner = await sitDown(t, server, olga);
  const page = (await owner.must('create_page', { name: 'First' })).data.id;
  const alarm = (await owner.must('create_alarm', alarmOn(page))).data.id;
  for (let price = 1; price <= 5; price += 1) await owner.must('trigger_alarm', { alarm_id: alarm, price });
  for (const [name, start] of [
    ['behind', 'start'],
    ['there', 'now'],
  ])
    t.equal((await owner.http('PUT', `/subscriptions/${name}`, { body: { start } })).status, 201);
  const stream = await openStream(t, server.url, olga.token);
  await stream.until(({ mark }) => mark?.caught_up === true);
  // Measured in the background when somebody asks: the first answer knows nothing yet.
  let text = '';
  while (!text.includes('alarm_server_subscriptions 2\n')) text = (await request(server.url, 'GET', '/metrics')).text;
  t.match(text, /alarm_server_event_streams 1\n/);
  t.match(text, `alarm_server_subscription_lag_events{user="${olga.id}",subscription="behind"} 7\n`);
  t.match(text, new RegExp(`alarm_server_subscription_lag_seconds\\{user="${olga.id}",subscription="behind"\\} \\d`));
  t.notMatch(text, 'subscription="there"');
});

t.test(
  'SUB-12 SubscriptionLags shows those that are furthest behind, and goes on where its time was over',
  async (t) => {
    const names = Array.from({ length: 50 }, (_, at) => `s${at}`);
    const options: SubscriptionLagsOptions = {
      subscriptions: {
        users: async () => ['a', 'b'],
        of: async (user) =>
          names
            .filter((_, at) => at % 2 === (user === 'a' ? 0 : 1))
            .map((name) => ({ user, name }) as DurableSubscription),
      },
      lagOf: async ({ name }) => {
        const at = names.indexOf(name);
        return { events: at, more: false, seconds: at === 0 ? null : at * 60 };
      },
      onError: (error) => t.fail(String(error)),
      everyMs: Number.POSITIVE_INFINITY,
    };
    const lags = new SubscriptionLags(options);
    await lags.measure();
    const figures = lags.read();
    t.equal(figures.subscriptions, 50);
    t.same(
      figures.furthest.map(({ name }) => name),
      names.slice(-20).reverse(),
    );
    const sliced = new SubscriptionLags({ ...options, sliceMs: 0 });
    let rounds = 0;
    do {
      await sliced.measure();
      rounds += 1;
    } while (sliced.read().subscriptions === 0);
    t.ok(rounds > 10, `${rounds} slices`);
    t.same(sliced.read().furthest.length, 20);
  },
);
