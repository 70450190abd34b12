/** The alarms as they were, and for each what is different now. */
import type { Alarm } from '@alarm-server/client';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Moment } from '../parts/time.js';
import { plural } from '../state/format.js';
import { nameOf } from '../state/names.js';
import type { Difference } from '../state/past.js';
import { StateSign } from './columns.js';

/** Rows that are shown; the rest is counted. */
const LIMIT = 200;
const TITLES = ['State', 'Ticker', 'Option', 'Condition', 'Last trigger', 'Now'];
const TITLES_ALONE = TITLES.slice(0, -1);

interface ThenProps {
  readonly then: readonly Alarm[];
  /** From then to now; without them, nothing is said of now. */
  readonly differences?: readonly Difference[];
}

export function AlarmsThen({ then, differences }: ThenProps) {
  const byId = new Map(differences?.map((difference) => [difference.alarm.id, difference]));
  const added = differences?.filter(({ what }) => what === 'added') ?? [];
  const titles = differences ? TITLES : TITLES_ALONE;
  // Those that are different now come first: they are looked for.
  const ordered = [...then].sort((a, b) => Number(byId.has(b.id)) - Number(byId.has(a.id)));
  return (
    <section class="then" aria-label="The page as it was">
      <p>
        {plural(then.length, 'alarm')} then
        {differences &&
          `; ${differences.length === 0 ? 'nothing is different now' : `${plural(differences.length, 'difference')} to now`}`}
        .
      </p>
      <PlainTable titles={titles}>
        {ordered.slice(0, LIMIT).map((alarm) => (
          <Line key={alarm.id} titles={titles} alarm={alarm} what={byId.get(alarm.id)?.what} />
        ))}
        {added.slice(0, LIMIT).map(({ alarm }) => (
          <Line key={alarm.id} titles={titles} alarm={alarm} what="added" />
        ))}
      </PlainTable>
      {then.length > LIMIT && <p class="note">and {plural(then.length - LIMIT, 'alarm')} more</p>}
    </section>
  );
}

interface LineProps {
  readonly titles: readonly string[];
  readonly alarm: Alarm;
  readonly what: Difference['what'] | undefined;
}

function Line({ titles, alarm, what }: LineProps) {
  const difference = what === undefined ? 'none' : typeof what === 'string' ? what : 'changed';
  return (
    <Row
      titles={titles}
      data-difference={difference}
      cells={[
        <StateSign key="state" alarm={alarm} />,
        <bdi key="ticker">{alarm.ticker}</bdi>,
        <bdi key="option">{alarm.option}</bdi>,
        <bdi key="condition">{alarm.condition}</bdi>,
        alarm.last_triggered ? <Moment at={alarm.last_triggered} /> : 'never',
        <Now key="now" what={what} />,
      ].slice(0, titles.length)}
    />
  );
}

function Now({ what }: { what: Difference['what'] | undefined }) {
  if (what === undefined) return <span class="nothing">the same</span>;
  if (what === 'added') return <>added since</>;
  if (what === 'removed') return <>deleted since</>;
  return (
    <>
      {what.map(({ field, now, is }) => (
        <div key={field}>
          <span class="difference-field">{field}:</span>{' '}
          {now === '' ? 'none' : is === 'time' ? <Moment at={now} /> : <bdi>{is === 'user' ? nameOf(now) : now}</bdi>}
        </div>
      ))}
    </>
  );
}
