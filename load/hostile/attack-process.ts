/** A forked attacker: the attacks run in a process of their own, so that their cost does not affect the probe. */
import { setPriority } from 'node:os';
import { Attacker, type AttackSettings } from './attacker.js';
import { attacksNamed } from './attacks.js';

export type ToAttacker =
  | { readonly kind: 'prepare'; readonly name: string; readonly settings: AttackSettings }
  | { readonly kind: 'attack' };

export type FromAttacker =
  | { readonly kind: 'prepared'; readonly tally: [string, number][] }
  | { readonly kind: 'done'; readonly tally: [string, number][] }
  | { readonly kind: 'failed'; readonly why: string };

/** An attacker has a machine of their own; here they share the server's, and must leave it and the probe the time they need. */
const NICE = 10;
setPriority(NICE);

let attack: () => Promise<void> = async () => undefined;

const tell = (message: FromAttacker): void => void process.send?.(message);

process.on('message', (message: ToAttacker) => {
  const work = message.kind === 'prepare' ? prepare(message) : attack();
  work.catch((error: Error) => tell({ kind: 'failed', why: error.stack ?? error.message }));
});

async function prepare({ name, settings }: Extract<ToAttacker, { kind: 'prepare' }>): Promise<void> {
  const prepared = (attacksNamed(name) ?? []).map((one) => ({ one, attacker: new Attacker(settings) }));
  const together = (): [string, number][] => {
    const sums = new Map<string, number>();
    for (const { attacker } of prepared)
      for (const [what, count] of attacker.tally.entries()) sums.set(what, (sums.get(what) ?? 0) + count);
    return [...sums].sort(([, a], [, b]) => b - a);
  };
  await Promise.all(
    prepared.map(async ({ one, attacker }) => {
      attacker.beginPreparing();
      await one.prepare?.(attacker);
    }),
  );
  tell({ kind: 'prepared', tally: together() });
  attack = async () => {
    await Promise.all(
      prepared.map(async ({ one, attacker }) => {
        attacker.begin();
        await one.run(attacker);
      }),
    );
    tell({ kind: 'done', tally: together() });
    for (const { attacker } of prepared) attacker.close();
    process.disconnect();
  };
}
