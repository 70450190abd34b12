/** The alarms as they were, and for each what is different now. */
import type { Alarm } from '@alarm-server/client';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Moment } from '../parts/time.js';
import { plural } from '../state/format.js';
import type { Difference } from '../state/past.js';

/** Rows that are shown; the rest is counted. */
const LIMIT = 200;
const TITLES = ['Ticker', 'Option', 'Condition', 'Last trigger', 'Now'];

export function AlarmsThen({ then, differences }: { then: readonly Alarm[]; differences: readonly Difference[] }) {
  const byId = new Map(differences.map((difference) => [difference.alarm.id, difference]));
  const added = differences.filter(({ what }) => what === 'added');
  return (
    <section class="then" aria-label="The page as it was">
      <p>
        {plural(then.length, 'alarm')} then;{' '}
        {differences.length === 0 ? 'nothing is different now' : `${plural(differences.length, 'difference')} to now`}.
      </p>
      <PlainTable titles={TITLES}>
        {then.slice(0, LIMIT).map((alarm) => (
          <Line key={alarm.id} alarm={alarm} what={byId.get(alarm.id)?.what} />
        ))}
        {added.slice(0, LIMIT).map(({ alarm }) => (
          <Line key={alarm.id} alarm={alarm} what="added" />
        ))}
      </PlainTable>
      {then.length > LIMIT && <p class="note">and {plural(then.length - LIMIT, 'alarm')} more</p>}
    </section>
  );
}

function Line({ alarm, what }: { alarm: Alarm; what: Difference['what'] | undefined }) {
  const difference = what === undefined ? 'none' : typeof what === 'string' ? what : 'changed';
  return (
    <Row
      titles={TITLES}
      data-difference={difference}
      cells={[
        <bdi key="ticker">{alarm.ticker}</bdi>,
        <bdi key="option">{alarm.option}</bdi>,
        <bdi key="condition">{alarm.condition}</bdi>,
        alarm.last_triggered ? <Moment at={alarm.last_triggered} /> : 'never',
        <Now key="now" what={what} />,
      ]}
    />
  );
}

function Now({ what }: { what: Difference['what'] | undefined }) {
  if (what === undefined) return <span class="nothing">the same</span>;
  if (what === 'added') return <>added since</>;
  if (what === 'removed') return <>deleted since</>;
  return (
    <>
      {what.map(({ field, now }) => (
        <div key={field}>
          {field}: {/^\d{4}-\d\d-\d\dT/.test(now) ? <Moment at={now} /> : <bdi>{now}</bdi>}
        </div>
      ))}
    </>
  );
}
