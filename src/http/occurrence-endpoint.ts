/** The occurrences of an alarm: each run of triggers, how it was acknowledged and how it ended. */
import { z } from 'zod';
import { Moment, Price, UserId } from '../domain/fields.js';
import { notFound } from '../domain/refusals.js';
import type { OccurrenceEntry } from '../projections/read-model/occurrences.js';
import { AcknowledgementView, GivenComment } from '../protocol/views.js';
import { type Endpoint, json } from './endpoint.js';
import { integer } from './history-endpoints.js';
import { problem, refused } from './problems.js';
import { type ReadOptions, reading, visiblePage } from './reading.js';
import { validate } from './request-body.js';

const Range = z.object({
  before_seq: integer(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).meta({
    description: 'Return occurrences that began before this seq; without it, from the newest on.',
  }),
  limit: integer(1, 1_000, 100),
});

const Seq = z.int();

const Occurrences = z
  .object({
    occurrences: z.array(
      z.object({
        first_seq: Seq,
        first_at: Moment,
        last_seq: Seq,
        last_at: Moment,
        count: z.int().meta({ description: 'Number of its triggers.' }),
        first_price: Price,
        last_price: Price,
        ack: AcknowledgementView.nullable().meta({ description: 'Its last acknowledgement; null: none.' }),
        cleared: z
          .object({ seq: Seq, at: Moment, by: UserId, comment: GivenComment.optional() })
          .nullable()
          .meta({ description: 'The event that ended it: cleared, or the alarm is for something else; null: none.' }),
      }),
    ),
    next: Seq.nullable().meta({ description: 'The next value for before_seq; null at the end.' }),
  })
  .meta({ id: 'Occurrences' });

export function occurrenceEndpoint(options: ReadOptions): Endpoint {
  const { projection } = options;
  const { history, live } = projection;
  return reading(
    options,
    '/alarms/{alarm_id}/occurrences',
    {
      tag: 'pages',
      id: 'list_occurrences',
      summary: "An alarm's occurrences, newest first, also of a deleted one.",
      query: Range,
      schema: Occurrences,
      problems: ['not_found'],
      fromTables: true,
    },
    (request, identity) => {
      const id = request.params['alarm_id'] ?? '';
      const found =
        visiblePage(projection, live.pageOfAlarm(id)?.id, identity) ??
        visiblePage(projection, history.pageOfAlarm(id), identity);
      if (!found) return refused(notFound('alarm'));
      const range = validate(Range, Object.fromEntries(request.query));
      if ('problem' in range) return range.problem;
      // Of the history what is not written yet is known too, of the occurrences it is not.
      if (projection.writer.isFull)
        return problem('not_caught_up', 'The disk is full, and the newest occurrences are not written: try again', {
          retryAfterMs: 5_000,
        });
      const { before_seq, limit } = range.value;
      const entries = projection.occurrences.occurrencesOf(id, before_seq, limit + 1);
      const shown = entries.slice(0, limit);
      const next = entries.length > limit ? (shown.at(-1)?.first_seq ?? null) : null;
      const texts = shown.map((entry) => occurrenceJson(entry, priceOf(history.data(entry.page_id, entry.first_seq))));
      return json(200, `{"occurrences":[${texts.join(',')}],"next":${next}}`);
    },
  );
}

/** The price in the rendering of a trigger. */
const priceOf = (data: string | undefined): number => (JSON.parse(data ?? '{}') as { price?: number }).price ?? 0;

const occurrenceJson = (entry: OccurrenceEntry, firstPrice: number): string => {
  const { first_seq, first_at, last_seq, last_at, count, last_price, ack, cleared } = entry;
  return `{"first_seq":${first_seq},"first_at":"${first_at}","last_seq":${last_seq},"last_at":"${last_at}","count":${count},"first_price":${JSON.stringify(firstPrice)},"last_price":${JSON.stringify(last_price)},"ack":${ack},"cleared":${cleared}}`;
};
