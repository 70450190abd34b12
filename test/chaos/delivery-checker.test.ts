import fc from 'fast-check';
import t, { type Test } from 'tap';
import { move, replayable } from '../projections/random-history.js';
import {
  askedAt,
  gives,
  type Heard,
  heardWhere,
  isMissedBy,
  isUpdate,
  olderState,
  oneUpdateLess,
  openedAt,
  replacePage,
  seqHeard,
} from './delivery-bugs.js';
import { judge } from './delivery-checker.js';
import type { Entry, Message } from './recorded.js';
import { deliver, type RecordedRun } from './recorded-delivery.js';
import { ReferenceModel } from './reference-model.js';
import type { PageEntry } from './viewer-model.js';

const run = fc.record({
  moves: fc.array(move, { minLength: 60, maxLength: 250, size: 'max' }),
  seed: fc.nat(),
  which: fc.nat(),
});
const settings = { ...replayable, numRuns: 200 };
/** So many times a bug is put in; histories after that would only take time. */
const ENOUGH = 12;

/**
 * Puts a bug into random right histories: each time there is room for it, it has to be found in these words. It ends when that was so
 * `ENOUGH` times, or after `numRuns` histories.
 */
function catches(
  t: Test,
  put: (recorded: RecordedRun, which: number) => boolean,
  words: RegExp,
  { nodes = 1, numRuns = settings.numRuns } = {},
): void {
  let times = 0;
  fc.assert(
    fc.property(run, ({ moves, seed: chance, which }) => {
      if (times === ENOUGH) return true;
      const recorded = deliver(moves, chance, nodes);
      if (!put(recorded, which)) return true;
      times += 1;
      const findings = judge(recorded.events, recorded.viewers, { isOneNode: nodes === 1, mayLag: false });
      if (!findings.some((finding) => words.test(finding)))
        throw new Error(`instead of ${words.source} it finds ${findings.join('; ') || 'nothing'}`);
      return true;
    }),
    { ...settings, numRuns },
  );
  t.ok(times > 0, `it was put in ${times} times`);
}

for (const nodes of [1, 2]) {
  t.test(
    `CUT-2 the checker finds nothing in a correct history on ${nodes === 1 ? 'one node' : 'two nodes, of which one is behind now and then'}, with void events and viewers that connect, disconnect and resume`,
    async () => {
      fc.assert(
        fc.property(run, ({ moves, seed: chance }) => {
          const { events, viewers } = deliver(moves, chance, nodes);
          const findings = judge(events, viewers, { isOneNode: nodes === 1, mayLag: false });
          if (findings.length > 0) throw new Error(findings.join('\n'));
        }),
        settings,
      );
    },
  );
}

t.test('CUT-2 the checker finds a lost update', async (t) => {
  catches(
    t,
    (recorded, which) => {
      const place = heardWhere(recorded, which, isUpdate);
      if (!place || !isMissedBy(place.entry, place.entries)) return false;
      place.entries.splice(place.at, 1);
      return true;
    },
    /missed/,
  );
});

t.test('CUT-2 the checker finds a doubled update', async (t) => {
  catches(
    t,
    (recorded, which) => {
      const place = heardWhere(recorded, which, isUpdate);
      place?.entries.splice(place.at + 1, 0, place.entry);
      return place !== undefined;
    },
    /twice/,
  );
});

t.test('CUT-2 the checker finds an update after a revocation', async (t) => {
  catches(
    t,
    (recorded, which) => {
      const place = heardWhere(recorded, which, ({ message }) => message.type === 'page_removed');
      if (!place) return false;
      const page: string = place.entry.message.payload.page_id;
      const end =
        place.entries
          .slice(place.at)
          .find((entry) => entry.kind === 'closed' || (entry.kind === 'heard' && gives(entry, page)))?.order ??
        Infinity;
      // What others received about it after that, and before this viewer got it again or was cut.
      const after = recorded.viewers
        .flatMap(({ entries }) => entries)
        .find(
          (entry): entry is Heard =>
            entry.kind === 'heard' &&
            isUpdate(entry) &&
            entry.message.payload.page_id === page &&
            !['shared', 'transferred'].includes(entry.message.payload.action) &&
            entry.order > place.entry.order &&
            entry.order < end,
        );
      if (!after) return false;
      place.entries.splice(place.at + 1, 0, { ...after, connection: place.entry.connection, order: place.entry.order });
      return true;
      // There is room for it once in fifty histories.
    },
    /without the right/,
    { numRuns: 1_500 },
  );
});

t.test('CUT-2 the checker finds a command that was done twice', async (t) => {
  catches(
    t,
    ({ events, viewers }, which) => {
      // A trigger that a viewer was told of is in effect; the others may be void.
      const told = new Set(
        viewers.flatMap(({ entries }) =>
          entries.flatMap((entry) =>
            entry.kind === 'heard' && entry.message.payload.action === 'triggered'
              ? [`page-${entry.message.payload.page_id} ${entry.message.payload.seq}`]
              : [],
          ),
        ),
      );
      const triggers = events.filter(
        ({ type, stream, revision }) => type === 'AlarmTriggered' && told.has(`${stream} ${revision}`),
      );
      const first = triggers[which % triggers.length];
      const again = triggers.find(({ by, position }) => first && by === first.by && position > first.position);
      if (!first || !again) return false;
      events[events.indexOf(again)] = { ...again, id: first.id };
      return true;
    },
    /done twice/,
  );
});

t.test('CUT-2 the checker finds a state after a cut that is older than what was received before it', async (t) => {
  for (const nodes of [1, 2]) {
    catches(
      t,
      (recorded, which) => {
        const older = (
          entries: readonly Entry[],
          { message, order, connection }: Heard,
        ): Pick<Message['payload'], 'page' | 'alarms'> | undefined =>
          message.payload.pages
            .map(({ id }: { id: string }) => olderState(recorded, entries, id, openedAt(entries, connection) ?? order))
            .find((state: unknown) => state !== undefined);
        const place = heardWhere(
          recorded,
          which,
          (entry, entries) => entry.message.type === 'initial_state' && older(entries, entry) !== undefined,
        );
        if (!place) return false;
        const { page, alarms } = older(place.entries, place.entry)!;
        const { payload } = place.entry.message;
        const others = payload.alarms.filter((alarm: { page_id: string }) => alarm.page_id !== page.id);
        const pages = payload.pages.map((shown: { id: string }) => (shown.id === page.id ? page : shown));
        place.entries[place.at] = {
          ...place.entry,
          message: { ...place.entry.message, payload: { ...payload, pages, alarms: [...others, ...alarms] } },
        };
        return true;
      },
      /stale/,
      { nodes },
    );
  }
});

t.test(
  'CUT-2 the checker finds a resumed whose state of a page is older than what was received before it was requested',
  async (t) => {
    for (const nodes of [1, 2]) {
      catches(
        t,
        (recorded, which) => {
          const older = (
            entries: readonly Entry[],
            entry: Heard,
          ): Pick<Message['payload'], 'page' | 'alarms'> | undefined =>
            entry.message.payload.pages
              .filter(({ alarms }: { alarms?: unknown }) => alarms !== undefined)
              .map(({ page }: { page: { id: string } }) =>
                olderState(recorded, entries, page.id, askedAt(entries, entry)),
              )
              .find((state: unknown) => state !== undefined);
          const place = heardWhere(
            recorded,
            which,
            (entry, entries) => entry.message.type === 'resumed' && older(entries, entry) !== undefined,
          );
          if (!place) return false;
          const state = older(place.entries, place.entry)!;
          replacePage(place, state.page.id, state);
          return true;
        },
        /stale/,
        { nodes },
      );
    }
  },
);

t.test(
  'CUT-2 the checker finds a resumed whose updates of a page end before what was received before it was requested',
  async (t) => {
    for (const nodes of [1, 2]) {
      catches(
        t,
        (recorded, which) => {
          const short = (entries: readonly Entry[], entry: Heard): Message['payload'] | undefined =>
            entry.message.payload.pages
              .filter(
                ({ page }: Message['payload']) =>
                  seqHeard(recorded.viewers, page.id, askedAt(entries, entry)) >= page.seq,
              )
              .map((one: PageEntry) => oneUpdateLess(recorded, entries, one))
              .find((less: unknown) => less !== undefined);
          const place = heardWhere(
            recorded,
            which,
            (entry, entries) => entry.message.type === 'resumed' && short(entries, entry) !== undefined,
          );
          if (!place) return false;
          const less = short(place.entries, place.entry)!;
          replacePage(place, less.page.id, less);
          return true;
          // One viewer must have been away while another received it.
        },
        /stale/,
        { nodes, numRuns: 400 },
      );
    }
  },
);

t.test(
  'CUT-2 the checker finds a page_state that is older than what was received before it was requested',
  async (t) => {
    catches(
      t,
      (recorded, which) => {
        const older = (entries: readonly Entry[], entry: Heard): Message['payload'] | undefined => {
          const { page, alarms } = entry.message.payload;
          if (alarms !== undefined) return olderState(recorded, entries, page.id, askedAt(entries, entry));
          return seqHeard(recorded.viewers, page.id, askedAt(entries, entry)) >= page.seq
            ? oneUpdateLess(recorded, entries, entry.message.payload as PageEntry)
            : undefined;
        };
        const place = heardWhere(
          recorded,
          which,
          (entry, entries) => entry.message.type === 'page_state' && older(entries, entry) !== undefined,
        );
        if (!place) return false;
        place.entries[place.at] = {
          ...place.entry,
          message: { ...place.entry.message, payload: older(place.entries, place.entry)! },
        };
        return true;
      },
      /stale/,
      { numRuns: 400 },
    );
  },
);

t.test('CUT-2 of several nodes the checker finds one that does not tell of what is void', async (t) => {
  catches(
    t,
    ({ viewers }) => {
      let isMissed = false;
      for (const { entries, nodes } of viewers) {
        const untold = entries.filter(
          (entry): entry is Heard =>
            entry.kind === 'heard' && entry.message.payload.action === 'void' && nodes.get(entry.connection) === 1,
        );
        isMissed ||= untold.some((entry) =>
          isMissedBy(
            entry,
            entries.filter((other) => other === entry || !untold.includes(other as Heard)),
          ),
        );
        for (const entry of untold) entries.splice(entries.indexOf(entry), 1);
      }
      return isMissed;
    },
    /missed/,
    { nodes: 2 },
  );
});

t.test(
  'CUT-2 of several nodes the checker finds one that tells an update after a revocation that was made on another',
  async (t) => {
    catches(
      t,
      (recorded, which) => {
        const place = heardWhere(recorded, which, ({ message }) => message.type === 'page_removed');
        if (!place) return false;
        const page: string = place.entry.message.payload.page_id;
        const { user } = recorded.viewers.find(({ entries }) => entries === place.entries)!;
        const reference = new ReferenceModel(recorded.events, [user]);
        const steps = reference.steps(user, page);
        const held = seqHeard(
          recorded.viewers.filter((viewer) => viewer.user === user),
          page,
          place.entry.order,
        );
        const revoked = steps.findIndex(
          ({ kind, seq, position }) =>
            kind === 'removed' && held >= 0 && seq >= held && position > reference.positionOf(page, held)!,
        );
        if (revoked < 0) return false;
        const isAfter = (seq: number): boolean =>
          reference.positionOf(page, seq)! > steps[revoked]!.position &&
          reference.positionOf(page, seq)! < (steps[revoked + 1]?.position ?? Infinity);
        const after = recorded.viewers
          .flatMap(({ entries }) => entries)
          .find(
            (entry): entry is Heard =>
              entry.kind === 'heard' &&
              isUpdate(entry) &&
              entry.message.payload.page_id === page &&
              isAfter(entry.message.payload.seq),
          );
        if (!after) return false;
        // Its own node learns of the revocation, and reports it, one event too late.
        place.entries.splice(place.at, 0, { ...after, connection: place.entry.connection, order: place.entry.order });
        return true;
      },
      /without the right/,
      { nodes: 2, numRuns: 1_500 },
    );
  },
);

t.test(
  'CUT-2 of several nodes the checker finds a command that was done on each, also where the log made the second one void',
  async (t) => {
    catches(
      t,
      ({ events }, which) => {
        const done = events.filter(({ type }) => type === 'PageCreated' || type === 'GroupCreated');
        const first = done[which % done.length];
        // The other node wrote it into another stream.
        const again =
          first &&
          events.find(
            ({ by, position, stream, type }) =>
              by === first.by &&
              position > first.position &&
              !stream.startsWith('user-') &&
              type !== 'PageCreated' &&
              type !== 'GroupCreated',
          );
        if (!again) return false;
        events[events.indexOf(again)] = { ...again, id: first.id };
        return true;
      },
      /done twice/,
      { nodes: 2 },
    );
  },
);
