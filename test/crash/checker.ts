/** Holds the log against what clients observe to. Each fault is a sentence; no faults: nothing was lost, doubled or torn. */
import type { LogEvent } from './log-events.js';
import type { Answered, Observations, Refused, Seen } from './observations.js';

/** What makes a command known: its user's id for it, or the content that no other has. */
const names = ({ by, id, mark }: { by: string; id?: string | undefined; mark?: string | undefined }): string[] => [
  ...(id === undefined ? [] : [`${by} ${id}`]),
  ...(mark === undefined ? [] : [mark]),
];

const told = ({ type, stream, revision, position }: LogEvent): string =>
  `${type} (${stream}, revision ${revision}, position ${position})`;

export class Checker {
  readonly #events = new Map<number, LogEvent>();
  readonly #places = new Map<string, LogEvent>();
  readonly #effects = new Map<string, LogEvent>();
  readonly #revisions = new Map<string, number>();
  readonly #refused = new Set<string>();
  #head = 0;

  /** Position of the last event that was read. */
  get head(): number {
    return this.#head;
  }

  /** Revision of the last event read from the stream, or undefined without one. */
  revisionOf(stream: string): number | undefined {
    return this.#revisions.get(stream);
  }

  /** Takes in what the log holds behind `head`: holes, and commands that have had their effect before. */
  read(events: readonly LogEvent[]): string[] {
    const faults: string[] = [];
    for (const event of events) {
      if (event.position <= this.#head)
        faults.push(`position ${event.position} comes after ${this.#head}: ${told(event)}`);
      const before = this.#revisions.get(event.stream) ?? -1;
      if (event.revision !== before + 1)
        faults.push(`gap: revision ${before} of ${event.stream} is followed by ${event.revision}`);
      for (const name of names(event)) {
        const effect = this.#effects.get(name);
        if (effect)
          faults.push(
            `doubled: the command '${name}' has had its effect in ${told(effect)}, and again in ${told(event)}`,
          );
        if (this.#refused.has(name))
          faults.push(`the command '${name}' was refused, and has had its effect all the same in ${told(event)}`);
        this.#effects.set(name, event);
      }
      this.#head = event.position;
      this.#events.set(event.position, event);
      this.#places.set(`${event.stream} ${event.revision}`, event);
      this.#revisions.set(event.stream, event.revision);
    }
    return faults;
  }

  /** Holds what clients observe to against all that was read. */
  check({ answered, refused, seen, complaints }: Observations): string[] {
    return [
      ...complaints,
      ...answered.flatMap((one) => this.#checkAnswered(one)),
      ...refused.flatMap((one) => this.#checkRefused(one)),
      ...seen.flatMap((one) => this.#checkSeen(one)),
    ];
  }

  /** Holds the whole log, read again, against what was read of it before: what was once there stays. */
  compare(events: readonly LogEvent[]): string[] {
    const now = new Map(events.map((event) => [event.position, event]));
    return [...this.#events.values()]
      .filter((event) => JSON.stringify(now.get(event.position)) !== JSON.stringify(event))
      .map((event) => `lost or altered: ${told(event)}`);
  }

  #checkAnswered(answer: Answered): string[] {
    const { by, id, mark, position, seq } = answer;
    const event = this.#events.get(Number(position));
    const what = `the command '${names(answer).join(', ')}' of ${by}, answered with position ${position}`;
    if (!event) return [`lost: ${what} is not in the log`];
    if (event.by !== by || event.id !== id || event.mark !== mark || (seq !== undefined && event.revision !== seq))
      return [`lost: ${what}; there stands ${told(event)} of ${event.by}`];
    return [];
  }

  #checkRefused({ by, id }: Refused): string[] {
    const name = `${by} ${id}`;
    this.#refused.add(name);
    const effect = this.#effects.get(name);
    return effect ? [`the command '${name}' was refused, and has had its effect all the same in ${told(effect)}`] : [];
  }

  #checkSeen(seen: Seen): string[] {
    const event = this.#places.get(`page-${seen.page} ${seen.seq}`);
    const what = `${seen.type ?? 'a state'} with seq ${seen.seq} of page ${seen.page}, which somebody was shown`;
    if (!event) return [`lost: ${what}, is not in the log`];
    const differs = (['type', 'by', 'at', 'alarm', 'mark'] as const).filter(
      (field) => seen[field] !== undefined && seen[field] !== event[field],
    );
    return differs.length > 0 ? [`lost: ${what}; the log has another ${differs.join(', ')} there: ${told(event)}`] : [];
  }
}
