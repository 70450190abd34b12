/** The market: its price walks, and each desk that watches an alarm says so over its socket when the price meets it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alarm } from '@alarm-server/client';
import type { Desk } from './desk.js';
import { meets, priceWalk } from './price-walk.js';
import type { Transcript } from './transcript.js';

/** Between two prices, in milliseconds. */
const TICK_MS = 100;

/** It moves until alarms were triggered this often, within a limit. */
const RINGS = 3;
const MOST_TICKS = 60;

export class Market {
  readonly #prices: Generator<number, never>;
  readonly #transcript: Transcript;
  readonly #watched: { readonly desk: Desk; readonly alarmId: string }[] = [];
  #price: number;

  constructor(seed: number, transcript: Transcript) {
    this.#prices = priceWalk(seed);
    this.#price = this.#prices.next().value;
    this.#transcript = transcript;
  }

  /** From now on the desk triggers the alarm when its condition is met. */
  watch(desk: Desk, { id }: Alarm): void {
    this.#watched.push({ desk, alarmId: id });
  }

  async move(): Promise<void> {
    for (let ticks = 0, rings = 0; rings < RINGS && ticks < MOST_TICKS; ticks += 1) {
      const before = this.#price;
      this.#price = this.#prices.next().value;
      rings += await this.#ring(before, this.#price);
      await sleep(TICK_MS);
      this.#transcript.show(this.#price.toFixed(4));
    }
  }

  /** How many alarms the step from one price to the next has triggered. */
  async #ring(before: number, price: number): Promise<number> {
    const met = this.#watched.filter(({ desk, alarmId }) => {
      const alarm = desk.client.store.alarms.get(alarmId);
      return alarm !== undefined && meets(alarm, before, price);
    });
    await Promise.all(met.map(({ desk, alarmId }) => desk.client.triggerAlarm({ alarm_id: alarmId, price })));
    return met.length;
  }
}
