/** The alarms as they were, and for each what is different now. */
import type { Alarm } from '@alarm-server/client';
import { Moment } from '../parts/time.js';
import { plural } from '../state/format.js';
import type { Difference } from '../state/past.js';

/** Rows that are shown; the rest is counted. */
const LIMIT = 200;

export function AlarmsThen({ then, differences }: { then: readonly Alarm[]; differences: readonly Difference[] }) {
  const byId = new Map(differences.map((difference) => [difference.alarm.id, difference]));
  const added = differences.filter(({ what }) => what === 'added');
  return (
    <section class="then" aria-label="The page as it was">
      <p>
        {plural(then.length, 'alarm')} then;{' '}
        {differences.length === 0 ? 'nothing is different now' : `${plural(differences.length, 'difference')} to now`}.
      </p>
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Ticker</th>
            <th scope="col">Option</th>
            <th scope="col">Condition</th>
            <th scope="col">Last trigger</th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {then.slice(0, LIMIT).map((alarm) => (
            <Line key={alarm.id} alarm={alarm} what={byId.get(alarm.id)?.what} />
          ))}
          {added.slice(0, LIMIT).map(({ alarm }) => (
            <Line key={alarm.id} alarm={alarm} what="added" />
          ))}
        </tbody>
      </table>
      {then.length > LIMIT && <p class="note">and {plural(then.length - LIMIT, 'alarm')} more</p>}
    </section>
  );
}

function Line({ alarm, what }: { alarm: Alarm; what: Difference['what'] | undefined }) {
  return (
    <tr data-difference={what === undefined ? 'none' : typeof what === 'string' ? what : 'changed'}>
      <td>
        <bdi>{alarm.ticker}</bdi>
      </td>
      <td>
        <bdi>{alarm.option}</bdi>
      </td>
      <td>
        <bdi>{alarm.condition}</bdi>
      </td>
      <td>{alarm.last_triggered ? <Moment at={alarm.last_triggered} /> : 'never'}</td>
      <td>
        {what === undefined && <span class="nothing">the same</span>}
        {what === 'added' && 'added since'}
        {what === 'removed' && 'deleted since'}
        {typeof what === 'object' &&
          what.map(({ field, now }) => (
            <div key={field}>
              {field}: {/^\d{4}-\d\d-\d\dT/.test(now) ? <Moment at={now} /> : <bdi>{now}</bdi>}
            </div>
          ))}
      </td>
    </tr>
  );
}
