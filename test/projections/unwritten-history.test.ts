/** The history where the disk is full: behind what is in the table comes what is not. */
import fc from 'fast-check';
import t from 'tap';
import { type History, type HistoryEntry, withUnwritten } from '../../src/projections/read-model/alarm-events.js';

type Rows = readonly (readonly [page: string, entry: HistoryEntry])[];

/** A history in memory. */
const historyOf = (rows: Rows): History => {
  const entries = (
    belongs: (page: string, entry: HistoryEntry) => boolean,
    afterSeq: number,
    limit: number,
  ): HistoryEntry[] =>
    rows
      .filter(([page, entry]) => belongs(page, entry) && entry.seq > afterSeq)
      .map(([, entry]) => entry)
      .slice(0, limit);
  return {
    ofPage: (pageId, afterSeq, limit) => entries((page) => page === pageId, afterSeq, limit),
    ofAlarm: (alarmId, afterSeq, limit) => entries((_page, { alarm_id }) => alarm_id === alarmId, afterSeq, limit),
    data: (pageId, seq) => rows.find(([page, entry]) => page === pageId && entry.seq === seq)?.[1].data,
    positionOf: (pageId, seq) => rows.find(([page, entry]) => page === pageId && entry.seq === seq)?.[1].position,
    pageOfAlarm: (alarmId) => rows.find(([, { alarm_id }]) => alarm_id === alarmId)?.[0],
  };
};

t.test('LOG-30 the history with what is unwritten is that of all rows, wherever it is cut', async () => {
  const pages = ['a', 'b'];
  fc.assert(
    fc.property(
      fc.array(fc.record({ page: fc.constantFrom(...pages), alarm: fc.constantFrom('x', 'y', null) }), {
        maxLength: 40,
      }),
      fc.nat(40),
      fc.nat(40),
      fc.integer({ min: -1, max: 20 }),
      fc.integer({ min: 1, max: 10 }),
      (events, cut, further, afterSeq, limit) => {
        const seqs = new Map<string, number>();
        const rows: Rows = events.map(({ page, alarm }, at) => {
          const seq = (seqs.get(page) ?? -1) + 1;
          seqs.set(page, seq);
          return [
            page,
            {
              seq,
              alarm_id: alarm && `${alarm} of ${page}`,
              type: 'AlarmTriggered',
              at: String(at),
              by: 'olga',
              void: 0,
              position: String(at + 1),
              id: `event ${at}`,
              data: `${at}`,
              change: null,
            },
          ];
        });
        const cells = (part: Rows) =>
          part.flatMap(([page, { seq, alarm_id, type, at, by, void: isVoid, position, id, data, change }]) => [
            page,
            seq,
            alarm_id,
            type,
            at,
            by,
            isVoid,
            position,
            id,
            data,
            change,
          ]);
        const whole = historyOf(rows);
        const cutWhole = withUnwritten(historyOf(rows.slice(0, cut)), () => [
          cells(rows.slice(cut, cut + further)),
          cells(rows.slice(cut + further)),
        ]);
        return pages.every(
          (page) =>
            JSON.stringify(cutWhole.ofPage(page, afterSeq, limit)) ===
              JSON.stringify(whole.ofPage(page, afterSeq, limit)) &&
            JSON.stringify(cutWhole.ofAlarm(`x of ${page}`, afterSeq, limit)) ===
              JSON.stringify(whole.ofAlarm(`x of ${page}`, afterSeq, limit)) &&
            cutWhole.data(page, afterSeq) === whole.data(page, afterSeq) &&
            cutWhole.positionOf(page, afterSeq) === whole.positionOf(page, afterSeq) &&
            cutWhole.pageOfAlarm(`y of ${page}`) === whole.pageOfAlarm(`y of ${page}`),
        );
      },
    ),
  );
});
