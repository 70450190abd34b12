/**
 * Commands whose append conflicted with another writer's in the same stream. They are decided again when the subscription has
 * delivered the other writer's events, and refused if it does not in time.
 */
import type { PendingCommand } from './pending-command.js';

/** How long the subscription may take to deliver the conflicting events, in milliseconds. */
const CATCH_UP_MS = 10_000;

interface Behind {
  /** They are decided again when the stream's event with this revision is folded. */
  readonly revision: number;
  readonly commands: readonly PendingCommand[];
  readonly timer: NodeJS.Timeout;
}

export interface ConflictsOptions {
  /** Called when the commands of the stream can be decided again. */
  readonly onCaughtUp: (stream: string, commands: readonly PendingCommand[]) => void;
  /** Called when they have waited too long. */
  readonly onGivenUp: (stream: string, commands: readonly PendingCommand[]) => void;
}

export class Conflicts {
  readonly #options: ConflictsOptions;
  readonly #behind = new Map<string, Behind>();

  constructor(options: ConflictsOptions) {
    this.#options = options;
  }

  /** The commands of the stream wait until its event with this revision is folded. */
  add(stream: string, revision: number, commands: readonly PendingCommand[]): void {
    const timer = setTimeout(() => {
      this.#behind.delete(stream);
      this.#options.onGivenUp(stream, commands);
    }, CATCH_UP_MS);
    this.#behind.set(stream, { revision, commands, timer });
  }

  /** The stream's event with this revision has been folded, and its own command answered. */
  folded(stream: string, revision: number): void {
    const behind = this.#behind.get(stream);
    if (!behind || revision < behind.revision) return;
    clearTimeout(behind.timer);
    this.#behind.delete(stream);
    this.#options.onCaughtUp(stream, behind.commands);
  }

  /** Stops the timers. */
  close(): void {
    for (const { timer } of this.#behind.values()) clearTimeout(timer);
  }
}
