/** Reads of auditors: each that is answered is recorded (AuditRead). Answers are as of a moment; without one, as of now. */
import { z } from 'zod';
import { PageId, UserId } from '../domain/fields.js';
import { cursorPrefix, parseCursor } from '../log/cursor.js';
import { comparePositions, type EventLog, type Position } from '../log/event-log.js';
import type { ReadBudget } from '../net/read-budget.js';
import type { AsOfResolver, LogWindow } from '../projections/as-of.js';
import type { Projection } from '../projections/projection.js';
import { windowProblem } from './as-of.js';
import { type AuditorsOptions, auditing } from './auditors.js';
import type { Identity } from './authentication.js';
import type { Endpoint, EndpointDescription, HttpRequest, Reply } from './endpoint.js';
import { integer } from './history-endpoints.js';
import { problem, validationFailed } from './problems.js';

export interface AuditReadsOptions extends AuditorsOptions {
  readonly projection: Projection;
  readonly log: Pick<EventLog, 'id' | 'engine' | 'subscribe'>;
  readonly asOf: AsOfResolver;
  /** Records that an auditor has read something: the operation's id, and its parameters as they were given. */
  readonly onRead: (userId: string, what: string, range: Readonly<Record<string, string>>) => void;
}

type AuditDescription = Omit<EndpointDescription, 'tag' | 'authenticated'>;

/** Below this an answer costs no more than the read that it counts as, in milliseconds. */
const CHEAP_MS = 2;

/** The answer, or how it is made when everything was waited for: in one go, charged to the auditor's reads. */
export type AuditAnswer = Reply | (() => Reply);

export const auditRead = (
  options: AuditReadsOptions,
  path: string,
  describe: AuditDescription,
  handle: (request: HttpRequest, who: Identity) => Promise<AuditAnswer>,
): Endpoint =>
  auditing(
    options,
    path,
    { ...describe, problems: ['not_caught_up', ...(describe.problems ?? [])] },
    async (request, who) => {
      const answer = await handle(request, who);
      const reply = typeof answer === 'function' ? await answered(options.reads, who.userId, answer) : answer;
      if (reply.status < 400)
        options.onRead(who.userId, describe.id, { ...request.params, ...Object.fromEntries(request.query) });
      return reply;
    },
  );

async function answered(reads: ReadBudget, userId: string, answer: () => Reply): Promise<Reply> {
  await reads.whenAllowed();
  const startedAt = performance.now();
  const reply = answer();
  const took = performance.now() - startedAt;
  reads.took(took);
  if (took > CHEAP_MS) reads.spend(userId, took, 0);
  return reply;
}

/** How long an answer of many parts keeps the event loop at once, in milliseconds. */
const SLICE_MS = 1;

/** Work of one request that is done in slices, charged to the auditor's reads. As of a position nothing changes in between. */
export class Slices {
  readonly #reads: ReadBudget;
  readonly #userId: string;
  #startedAt = performance.now();

  constructor(reads: ReadBudget, userId: string) {
    this.#reads = reads;
    this.#userId = userId;
  }

  /** One part after another. */
  async map<Item, Part>(items: Iterable<Item>, part: (item: Item) => Part): Promise<Part[]> {
    const parts: Part[] = [];
    for (const item of items) {
      parts.push(part(item));
      if (performance.now() - this.#startedAt >= SLICE_MS) await this.#turn();
    }
    return parts;
  }

  async #turn(): Promise<void> {
    const took = performance.now() - this.#startedAt;
    this.#reads.took(took);
    this.#reads.spend(this.#userId, took, 0);
    await new Promise((resolve) => setImmediate(resolve));
    await this.#reads.whenAllowed();
    this.#startedAt = performance.now();
  }
}

/** Query parameters of lists: `after` is the `next` of the answer before. */
export const listQuery = (most: number, few = 100) => ({
  after: z.string().optional().meta({ description: 'The `next` of the answer before; without it, from the start.' }),
  limit: integer(1, most, few),
});

export const aboutQuery = {
  page: PageId.optional().meta({ description: 'Id of a page: what concerns it.' }),
  user: UserId.optional().meta({ description: 'Id of a user: what they did, and what concerns them.' }),
};

/** `next` of an answer. */
export const Next = z
  .string()
  .nullable()
  .meta({ description: 'The next value for `after`; null at the end.', example: '6b1f0f4e.s1042' });

/** The events that `from`, `to` and `after` ask for. */
export async function askedWindow(
  { asOf, log }: Pick<AuditReadsOptions, 'asOf' | 'log'>,
  { from, to, after }: { from?: string | undefined; to?: string | undefined; after?: string | undefined },
): Promise<LogWindow | Reply> {
  const window = await asOf.window(from, to);
  if (window.kind !== 'window') return windowProblem(window);
  const start = askedAfter(log, after);
  if (start === undefined || typeof start === 'string')
    return start !== undefined && comparePositions(start, window.after) > 0 ? { ...window, after: start } : window;
  return start;
}

/** The position of `after`: a cursor, as `next` has it, or a position. */
export function askedAfter(
  log: Pick<EventLog, 'id' | 'engine'>,
  after: string | undefined,
): Position | Reply | undefined {
  if (after === undefined || /^(0|[1-9]\d{0,18})$/.test(after)) return after;
  const cursor = parseCursor(after, log);
  switch (cursor.kind) {
    case 'position':
      return cursor.position;
    case 'foreign':
      return problem('log_changed', 'The cursor is of another log, or of another engine: begin again without it');
    case 'malformed':
      return validationFailed([{ field: 'after', message: 'must be the next of an answer, or a position' }]);
  }
}

/** The cursor of a position, as JSON. */
export const nextJson = (log: Pick<EventLog, 'id' | 'engine'>, position: Position | undefined): string =>
  position === undefined ? 'null' : JSON.stringify(`${cursorPrefix(log)}${position}`);
