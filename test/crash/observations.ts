/** What clients observed: answers, refusals, and what they were shown. */

/** A command that was answered: the server promises that it is durable. */
export interface Answered {
  readonly by: string;
  readonly id: string | undefined;
  readonly mark: string | undefined;
  readonly position: string;
  /** Over HTTP only a trigger's answer has it. */
  readonly seq: number | undefined;
}

/** A command that was refused, and so has no effect, now or ever. */
export interface Refused {
  readonly by: string;
  readonly id: string;
}

/** An event that somebody was shown. */
export interface Seen {
  readonly page: string;
  readonly seq: number;
  /** The event's type; undefined where a state that holds it was shown. */
  readonly type?: string;
  readonly by?: string;
  readonly at?: string;
  readonly alarm?: string;
  readonly mark?: string | undefined;
}

export class Observations {
  readonly answered: Answered[] = [];
  readonly refused: Refused[] = [];
  readonly seen: Seen[] = [];
  /** Whatever must not happen at all, in words: a gap that a client noticed, a refusal that makes no sense. */
  readonly complaints: string[] = [];
}
