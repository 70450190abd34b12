/** Acknowledges an open alarm with one click. */
import type { Alarm } from '@alarm-server/client';
import { acknowledge, underWay } from '../state/acknowledging.js';
import { stateOf } from '../state/life.js';
import { Icon } from './icon.js';

interface AckButtonProps {
  readonly alarm: Alarm;
  readonly isSmall?: boolean;
  /** What is said with it. */
  readonly comment?: string;
  readonly done?: () => void;
}

export function AckButton({ alarm, isSmall = false, comment, done }: AckButtonProps) {
  if (stateOf(alarm) !== 'open') return null;
  const isWaiting = underWay.value.has(alarm.id);
  return (
    <button
      type="button"
      class={`button ${isSmall ? 'small' : 'primary'}`}
      data-testid="ack"
      tabIndex={isSmall ? -1 : undefined}
      aria-disabled={isWaiting}
      onClick={() => void acknowledge(alarm, comment).then((isDone) => isDone && done?.())}
    >
      {isWaiting ? <span class="spinner" aria-hidden="true" /> : <Icon name="check" />}
      {isSmall ? 'Ack' : 'Acknowledge'}
      <span class="only-read"> {alarm.ticker}</span>
    </button>
  );
}
