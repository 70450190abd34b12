/** Chooses alarms of the table, to do the same to all of them. */
import type { Alarm } from '@alarm-server/client';
import { choose, chooseAll, chosen } from '../state/chosen.js';
import { rows } from '../state/table.js';

export const Choice = ({ alarm, isChosen }: { alarm: Alarm; isChosen: boolean }) => (
  <label class="choice">
    <input
      type="checkbox"
      data-testid="choice"
      tabIndex={-1}
      checked={isChosen}
      onClick={({ currentTarget, shiftKey }) => choose(alarm.id, currentTarget.checked, shiftKey)}
    />
    <span class="only-read">Choose {alarm.ticker}</span>
  </label>
);

export function ChooseAll() {
  const [some, all] = [chosen.value.length, rows.value.rows.length];
  return (
    <label class="choice">
      <input
        type="checkbox"
        data-testid="choose-all"
        checked={some > 0 && some === all}
        indeterminate={some > 0 && some < all}
        onClick={({ currentTarget }) => chooseAll(currentTarget.checked)}
      />
      <span class="only-read">Choose all that are shown</span>
    </label>
  );
}
