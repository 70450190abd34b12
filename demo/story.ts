/** The story: a page is created and shared, the market moves, one command is refused, one user loses the page, and all desks are compared at the end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Alarm, type AlarmSettings, type Credentials, request } from '@alarm-server/client';
import { agreement } from './agreement.js';
import { type Desk, openDesk } from './desk.js';
import { Market } from './market.js';
import { styled, Transcript, write } from './transcript.js';

/** Time for a person to read, in milliseconds. */
const SCENE_MS = 250;

export interface Watching {
  /** Called before the first scene and after the last, with somebody to sign in as. */
  readonly begin: (person: Credentials) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Where a person watches in the console as well: time to look from one to the other, in milliseconds. */
const WATCHED_SCENE_MS = 3_000;

/** True if at the end every desk holds what the server shows it. */
export async function play(url: string, seed: number, watching?: Watching): Promise<boolean> {
  const transcript = new Transcript(['Anna, trader', 'Ben, same desk', 'Carla, risk officer']);
  const desks = (await Promise.all(
    ['Anna', 'Ben', 'Carla'].map((name, column) => openDesk(url, name, column, transcript)),
  )) as [Desk, Desk, Desk];
  try {
    // Carla gets the page and loses it, so that is what one sees on their screen.
    await watching?.begin(desks[2].credentials);
    const pageId = await tell(url, seed, desks, transcript, watching ? WATCHED_SCENE_MS : SCENE_MS);
    const agrees = await compare(url, desks, pageId);
    await watching?.end();
    return agrees;
  } finally {
    await Promise.all(desks.map(({ client }) => client.close()));
  }
}

async function tell(
  url: string,
  seed: number,
  [anna, ben, carla]: readonly [Desk, Desk, Desk],
  transcript: Transcript,
  sceneMs: number,
): Promise<string> {
  async function scene<Result>(sentence: string, act: () => Promise<Result>): Promise<Result> {
    transcript.tell(sentence);
    const result = await act();
    await sleep(sceneMs);
    transcript.show();
    return result;
  }
  const market = new Market(seed, transcript);
  const setAlarm = (desk: Desk, page_id: string, condition: string, settings: AlarmSettings = {}): Promise<Alarm> =>
    desk.client.createAlarm({ page_id, ticker: 'EUR/USD', option: 'spot', condition, ...settings });

  const page = await scene('Anna makes a page and puts an alarm on it.', async () => {
    const made = await anna.client.createPage({ name: 'Alarmes EUR/USD' });
    market.watch(anna, await setAlarm(anna, made.id, 'above 1.0854'));
    return made;
  });
  await scene('She makes a group, Desk Euro, with Ben in it. The group may edit.', async () => {
    const { token } = anna;
    const { data: group } = await request<{ id: string }>(url, 'POST', '/groups', {
      token,
      body: { name: 'Desk Euro' },
    });
    await request(url, 'POST', `/groups/${group.id}/members/${ben.userId}`, { token });
    await anna.client.sharePage({
      page_id: page.id,
      subject_type: 'group',
      subject_id: group.id,
      can_view: true,
      can_edit: true,
    });
  });
  await scene('So Ben may add an alarm.', async () => market.watch(ben, await setAlarm(ben, page.id, 'below 1.0846')));

  const grant = { page_id: page.id, subject_type: 'user', subject_id: carla.userId } as const;
  await scene('Anna shares the page with Carla, who may view.', () =>
    anna.client.sharePage({ ...grant, can_view: true, can_edit: false }),
  );
  await scene("Carla tries to switch Anna's alarm off.", async () => {
    const [alarm] = carla.client.store.alarmsOf(page.id);
    if (!alarm) throw new Error('Carla was given the page without its alarms');
    await carla.attempt(carla.client.updateAlarm({ alarm_id: alarm.id, active: false }));
  });
  await scene('Ben puts one on it that fires once only, with a note what to do then.', async () =>
    market.watch(ben, await setAlarm(ben, page.id, 'above 1.0852', { mode: 'once', note: 'Call Frankfurt first.' })),
  );
  await scene('The market moves.', () => market.move());
  await scene('Ben has seen it all, and acknowledges the page, with a comment.', () =>
    ben.attempt(ben.client.ackPage({ page_id: page.id, upto: seenBy(ben, page.id), comment: 'On it.' })),
  );
  const annas = anna.client.store.alarmsOf(page.id)[0];
  if (!annas) throw new Error('Anna does not hold her alarm');
  await scene('Carla, who may view, comments on the first alarm.', () =>
    carla.client.commentAlarm({ alarm_id: annas.id, text: 'Within our limits.' }),
  );
  await scene('Anna snoozes hers for a minute: what it triggers is counted, and told quietly.', () =>
    anna.client.snoozeAlarm({ alarm_id: annas.id, for_s: 60 }),
  );
  await scene('Anna takes the page from Carla.', () =>
    anna.client.sharePage({ ...grant, can_view: false, can_edit: false }),
  );
  await scene('The market moves on, and Carla hears nothing of it.', () => market.move());
  return page.id;
}

/** The last seq of the page that the desk holds. */
const seenBy = ({ client }: Desk, pageId: string): number => client.store.pages.get(pageId)?.seq ?? 0;

async function compare(url: string, desks: readonly Desk[], pageId: string): Promise<boolean> {
  write(`\n${styled(`At the end, every desk against GET /pages/${pageId}:`, 'bold')}`);
  const verdicts = await Promise.all(desks.map((desk) => agreement(url, desk, pageId)));
  verdicts.forEach(({ agrees, sentence }, at) =>
    write(styled(`  ${agrees ? '✓' : '✗'} ${desks[at]!.name} ${sentence}`, agrees ? 'good' : 'bad')),
  );
  return verdicts.every(({ agrees }) => agrees);
}
