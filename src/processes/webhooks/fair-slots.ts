/**
 * Bounds how much happens at once, in all and for each user. A slot that gets free goes to the user who waits and holds fewest, to the first of
 * those that wait for them: so one user who waits for much does not keep the others waiting.
 */

export interface SlotLimits {
  readonly total: number;
  readonly perUser: number;
}

export interface Slot {
  /** Resolves to true when it is held, to false if it is released before. */
  readonly held: Promise<boolean>;
  readonly isHeld: boolean;
  /** Gives it back, or stops waiting for it. */
  release(): void;
}

interface OfUser {
  held: number;
  /** First in, first out. */
  readonly waiting: Set<WaitingSlot>;
}

export class FairSlots {
  readonly #limits: SlotLimits;
  /** Users who hold a slot or wait for one; whoever was given one last is the last. */
  readonly #users = new Map<string, OfUser>();
  #held = 0;

  constructor(limits: SlotLimits) {
    this.#limits = limits;
  }

  /** Slots that are held. */
  get held(): number {
    return this.#held;
  }

  /** Slots that are waited for. */
  get waiting(): number {
    let count = 0;
    for (const { waiting } of this.#users.values()) count += waiting.size;
    return count;
  }

  /** Whether a slot that this user gives back is waited for. */
  isWantedFrom(userId: string): boolean {
    if ((this.#users.get(userId)?.waiting.size ?? 0) > 0) return true;
    if (this.#held < this.#limits.total) return false;
    for (const { held, waiting } of this.#users.values())
      if (waiting.size > 0 && held < this.#limits.perUser) return true;
    return false;
  }

  take(userId: string): Slot {
    const user = this.#users.get(userId) ?? { held: 0, waiting: new Set() };
    this.#users.set(userId, user);
    const slot = new WaitingSlot((wasHeld) => {
      if (wasHeld) {
        user.held -= 1;
        this.#held -= 1;
      } else user.waiting.delete(slot);
      if (user.held === 0 && user.waiting.size === 0) this.#users.delete(userId);
      this.#give();
    });
    user.waiting.add(slot);
    this.#give();
    return slot;
  }

  #give(): void {
    while (this.#held < this.#limits.total) {
      let next: readonly [string, OfUser] | undefined;
      for (const entry of this.#users) {
        const [, { held, waiting }] = entry;
        if (waiting.size > 0 && held < this.#limits.perUser && (!next || held < next[1].held)) next = entry;
      }
      if (!next) return;
      const [userId, user] = next;
      const [first] = user.waiting;
      if (!first) return;
      user.waiting.delete(first);
      user.held += 1;
      this.#held += 1;
      this.#users.delete(userId);
      this.#users.set(userId, user);
      first.given();
    }
  }
}

class WaitingSlot implements Slot {
  readonly held: Promise<boolean>;
  readonly #onRelease: (wasHeld: boolean) => void;
  #state: 'waiting' | 'held' | 'released' = 'waiting';
  #settle: (isHeld: boolean) => void = () => undefined;

  constructor(onRelease: (wasHeld: boolean) => void) {
    this.#onRelease = onRelease;
    this.held = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get isHeld(): boolean {
    return this.#state === 'held';
  }

  given(): void {
    this.#state = 'held';
    this.#settle(true);
  }

  release(): void {
    if (this.#state === 'released') return;
    const wasHeld = this.isHeld;
    this.#state = 'released';
    this.#settle(false);
    this.#onRelease(wasHeld);
  }
}
