/** What goes wrong with a store while commands come, and commands that are sent again until it is over. */
import type { Random } from '../crash/random.js';
import type { Desk } from '../e2e/desk.js';
import type { StandIn } from './stand-in.js';

/**
 * What goes wrong with the store while commands come, by chance (conflicts the two nodes make themselves); the function that this
 * returns ends it. One thing after the other, each when commands have been `done` since the one before: where only one append is left
 * to be tried, it would meet with a fault each time, forever.
 */
export function troubleFor(standIn: StandIn, random: Random, done: () => number): () => void {
  let doneThen = 0;
  let isRestarting = false;
  const restart = async (): Promise<void> => {
    isRestarting = true;
    await standIn.kill();
    await standIn.start();
    isRestarting = false;
  };
  const faults: readonly (() => void)[] = [
    () => standIn.misbehave.nextAppend({ do: 'never answer', written: random.chance(0.5) }),
    () => standIn.misbehave.nextAppend({ do: 'die', written: random.chance(0.5) }),
    () => standIn.misbehave.nextAppend({ do: 'end the stream', written: random.chance(0.5) }),
    () => standIn.dropSubscriptions(),
    () => standIn.endSubscriptions(),
    () => standIn.cutConnections(),
    () => void restart(),
  ];
  const timer = setInterval(() => {
    if (isRestarting || done() === doneThen) return;
    doneThen = done();
    random.among(faults)!();
  }, 300);
  return () => {
    clearInterval(timer);
    standIn.misbehave.behave();
  };
}

/** The answer to a command that is sent again, under the same id, until the store has taken or the server refused it. */
export async function decided(desk: Desk, type: string, payload: unknown, id: string): Promise<any> {
  for (;;) {
    const answer = await desk.ask(type, payload, id);
    if (answer.payload.code !== 'store_unavailable') return answer;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
