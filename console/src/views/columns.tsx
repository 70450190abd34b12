/** The columns of the alarm table: title, what a cell shows, and by which key of state/rows.ts it is sorted. */
import type { Alarm } from '@alarm-server/client';
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from '../parts/icon.js';
import { Ago } from '../parts/time.js';
import { price } from '../state/format.js';
import { stateWord, statusOf } from '../state/life.js';
import type { Mark } from '../state/marks.js';

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly sort?: string;
  readonly isRight?: boolean;
  readonly cell: (alarm: Alarm, mark: Mark | undefined) => ComponentChildren;
}

/** A shape for each state, so that they differ without colour. */
const SIGNS: Readonly<Record<string, IconName>> = {
  Open: 'bell',
  Acknowledged: 'check',
  Snoozed: 'moon',
  Off: 'off',
};

export const StateSign = ({ alarm }: { alarm: Alarm }) => {
  const word = stateWord(alarm);
  const sign = SIGNS[word];
  return (
    <span class={`state state-${word.toLowerCase()}`}>
      {sign ? <Icon name={sign} /> : <span class="state-dot" aria-hidden="true" />}
      {word}
    </span>
  );
};

const text = (value: string): ComponentChildren => (
  <bdi class="clip" title={value}>
    {value}
  </bdi>
);

/** The price of the last trigger: the server's, or as this tab heard it. */
const lastPrice = (alarm: Alarm, mark: Mark | undefined): number | undefined => statusOf(alarm).price ?? mark?.price;

export const columns: readonly Column[] = [
  { id: 'state', title: 'State', sort: 'state', cell: (alarm) => <StateSign alarm={alarm} /> },
  { id: 'ticker', title: 'Ticker', sort: 'ticker', cell: ({ ticker }) => text(ticker) },
  { id: 'option', title: 'Option', sort: 'option', cell: ({ option }) => text(option) },
  { id: 'condition', title: 'Condition', sort: 'condition', cell: ({ condition }) => text(condition) },
  {
    id: 'triggered',
    title: 'Last trigger',
    sort: 'triggered',
    cell: ({ last_triggered }) => <Ago at={last_triggered} />,
  },
  {
    id: 'price',
    title: 'Price',
    isRight: true,
    cell: (alarm, mark) => {
      const value = lastPrice(alarm, mark);
      return value === undefined ? null : price(value);
    },
  },
];
