/** A sentence that says what an alarm will do, while it is written. */
import type { AlarmFields } from '../state/alarm-fields.js';
import { exactTime, plural, span } from '../state/format.js';

const TELLS = {
  every: () => '',
  once: () => ', and it is switched off',
  cooldown: (seconds: string) => `; for ${span(Number(seconds))} after that, triggers are counted quietly`,
} as const;

interface SentenceProps {
  readonly fields: AlarmFields;
  /** The page's name. */
  readonly page: string;
  readonly active?: boolean;
}

export function Sentence({ fields, page, active = true }: SentenceProps) {
  const { ticker, option, condition, mode, cooldown, expires, renotify, renotifyMax } = fields;
  if (ticker.trim() === '') return <p class="sentence">Ticker, option and condition say what is watched for.</p>;
  if (!active) return <p class="sentence">It is switched off: triggers are refused.</p>;
  const everyS = Number(renotify);
  return (
    <p class="sentence">
      When a program that watches <Value text={ticker} />
      {option.trim() !== '' && (
        <>
          {' '}
          (<Value text={option} />)
        </>
      )}{' '}
      finds it {condition.trim() === '' ? 'worth an alarm' : <Value text={condition} />}, everybody who may see{' '}
      <Value text={page} /> is told at once{TELLS[mode](cooldown)}.
      {renotify.trim() !== '' &&
        everyS > 0 &&
        ` While it is open it is told again every ${span(everyS)}, ${plural(Number(renotifyMax), 'time')} at most.`}
      {expires !== '' && ` From ${exactTime(expires)} on it is off.`}
    </p>
  );
}

const Value = ({ text }: { text: string }) => (
  <strong>
    <bdi>{text}</bdi>
  </strong>
);
