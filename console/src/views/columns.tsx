/** The columns of the alarm table: title, what a cell shows, and by which key of state/rows.ts it is sorted. */
import type { Alarm } from '@alarm-server/client';
import type { ComponentChildren } from 'preact';
import { AckButton } from '../parts/ack-button.js';
import { Choice, ChooseAll } from '../parts/choice.js';
import { Icon, type IconName } from '../parts/icon.js';
import { Ago } from '../parts/time.js';
import { count, exactTime, price } from '../state/format.js';
import { severityOf, stateWord, statusOf } from '../state/life.js';
import { nameOf, whyNameless } from '../state/names.js';

export interface Column {
  readonly id: string;
  readonly title: string;
  readonly sort?: string;
  readonly isRight?: boolean;
  readonly cell: (alarm: Alarm, isChosen: boolean) => ComponentChildren;
  /** Instead of the title. */
  readonly head?: ComponentChildren;
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
  const until = statusOf(alarm).snoozed?.until;
  return (
    <span class={`state state-${word.toLowerCase()}`} title={until && `Snoozed until ${exactTime(until)}`}>
      {sign ? <Icon name={sign} /> : <span class="state-dot" aria-hidden="true" />}
      {word}
    </span>
  );
};

/** Bars, so that severities differ without colour: one for low, four for critical. */
export const SeveritySign = ({ alarm }: { alarm: Alarm }) => {
  const severity = severityOf(alarm);
  const bars = { low: 1, medium: 2, high: 3, critical: 4 }[severity];
  return (
    <span class={`severity severity-${severity}`}>
      <svg class="bars" viewBox="0 0 15 12" aria-hidden="true" focusable="false">
        {[0, 1, 2, 3].map((at) => (
          <rect key={at} x={at * 4} y={9 - at * 3} width="3" height={3 + at * 3} class={at < bars ? 'full' : 'bare'} />
        ))}
      </svg>
      {severity}
    </span>
  );
};

const text = (value: string): ComponentChildren => (
  <bdi class="clip" title={value}>
    {value}
  </bdi>
);

/** A component of its own: it follows the name until that has arrived, and the row need not be drawn again. */
const Name = ({ userId }: { userId: string | undefined }) =>
  userId === undefined ? null : (
    <bdi class="clip" title={whyNameless(userId) ?? nameOf(userId)}>
      {nameOf(userId)}
    </bdi>
  );

export const columns: readonly Column[] = [
  {
    id: 'choice',
    title: 'Choose',
    head: <ChooseAll />,
    cell: (alarm, isChosen) => <Choice alarm={alarm} isChosen={isChosen} />,
  },
  { id: 'state', title: 'State', sort: 'state', cell: (alarm) => <StateSign alarm={alarm} /> },
  { id: 'severity', title: 'Severity', sort: 'severity', cell: (alarm) => <SeveritySign alarm={alarm} /> },
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
    sort: 'price',
    isRight: true,
    cell: (alarm) => {
      const value = statusOf(alarm).price;
      return value === undefined ? null : <span title={price(value)}>{price(value)}</span>;
    },
  },
  {
    id: 'count',
    title: 'Count',
    sort: 'count',
    isRight: true,
    cell: (alarm) => {
      const { count: triggers = 0 } = statusOf(alarm);
      return triggers > 0 ? count(triggers) : null;
    },
  },
  { id: 'acked', title: 'Acked by', sort: 'acked', cell: (alarm) => <Name userId={statusOf(alarm).ack?.by} /> },
  { id: 'assignee', title: 'Assignee', sort: 'assignee', cell: (alarm) => <Name userId={statusOf(alarm).assignee} /> },
  {
    id: 'snoozed',
    title: 'Snoozed',
    sort: 'snoozed',
    cell: (alarm) => {
      const { snoozed } = statusOf(alarm);
      return snoozed ? <Ago at={snoozed.until} /> : null;
    },
  },
  { id: 'act', title: '', cell: (alarm) => <AckButton alarm={alarm} isSmall /> },
];
