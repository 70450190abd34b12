/** `at=` of reads: its place in requests and answers. */
import { z } from 'zod';
import { Moment } from '../domain/fields.js';
import { refuse } from '../domain/refusals.js';
import { START_POSITION } from '../log/cursor.js';
import type { AsOf, AsOfResolver, LogSpan, LogWindow, WindowResolved } from '../projections/as-of.js';
import type { HttpRequest, Reply } from './endpoint.js';
import { problem, refused, validationFailed } from './problems.js';

export const AtQuery = z.object({
  at: z.string().optional().meta({
    description:
      'The answer as of then: a moment with a zone (RFC 3339; a + is sent as %2B), `@` and a position, or `%23` and an index.',
    example: '2026-01-15T10:30:00Z',
  }),
});

export const AsOfView = z
  .object({
    requested: z.string().meta({ example: '2026-01-15T10:30:00Z' }),
    position: z
      .string()
      .meta({ description: 'Of the last event that is told; `at=@<position>` answers the same for ever.' }),
    at: Moment,
    index: z
      .number()
      .int()
      .meta({ description: "The event's leaf in the tree of the evidence, the same on every engine." }),
    settled: z.boolean().meta({ description: 'False if the moment is so recent that earlier events may still come.' }),
  })
  .meta({ id: 'AsOf' });

/** Of the request's `at`: undefined if it has none; a problem if it cannot be resolved. */
export async function askedAsOf(
  resolver: AsOfResolver | undefined,
  { query }: HttpRequest,
): Promise<AsOf | Reply | undefined> {
  const at = query.get('at');
  return at === null || !resolver ? undefined : resolvedAsOf(resolver, at);
}

/** Undefined: as of now. */
export async function resolvedAsOf(resolver: AsOfResolver, at: string | undefined): Promise<AsOf | Reply> {
  const resolved = await resolver.resolve(at);
  switch (resolved.kind) {
    case 'resolved':
      return resolved.asOf;
    case 'invalid':
      return validationFailed([{ field: 'at', message: resolved.message }]);
    case 'too early':
      return refused(refuse('not_found', 'The log begins after that'));
    case 'behind':
      return historyBehind();
  }
}

export const historyBehind = (): Reply =>
  problem('not_caught_up', 'The history is still being written: try again', { retryAfterMs: 1_000 });

const bound = (what: string) =>
  z
    .string()
    .optional()
    .meta({
      description: `${what}: a moment with a zone (RFC 3339; a + is sent as %2B), \`@\` and a position, or \`%23\` and an index.`,
      example: '2026-01-15T10:30:00Z',
    });

export const WindowQuery = z.object({
  from: bound('Events from then on'),
  to: bound('Events up to then; up to now without it'),
});

/** The events between the request's `from` and `to`; undefined if it has neither. There are none before the log. */
export async function askedSpan(
  resolver: AsOfResolver | undefined,
  { query }: HttpRequest,
): Promise<LogSpan | Reply | undefined> {
  const [from, to] = [query.get('from') ?? undefined, query.get('to') ?? undefined];
  if (!resolver || (from === undefined && to === undefined)) return undefined;
  const window = await resolver.window(from, to);
  if (window.kind === 'window') return { after: window.after, until: window.asOf.position };
  return window.kind === 'too early' ? { after: START_POSITION, until: START_POSITION } : windowProblem(window);
}

/** Why a window cannot be answered. */
export function windowProblem(window: Exclude<WindowResolved, LogWindow>): Reply {
  switch (window.kind) {
    case 'invalid':
      return validationFailed([{ field: window.bound, message: window.message }]);
    case 'too early':
      return refused(refuse('not_found', 'The log begins after that'));
    case 'behind':
      return historyBehind();
  }
}

export const isReply = (found: object): found is Reply => 'status' in found;
