/** Saves the whole history as a file. */

import { Icon } from '../parts/icon.js';
import { useAction } from '../state/commands.js';
import { plural } from '../state/format.js';
import { toCsv, toNdjson } from '../state/history-export.js';
import type { HistoryLog } from '../state/history-log.js';
import { save } from '../state/saving.js';
import { tell } from '../state/ui.js';

const FORMATS = {
  ndjson: { title: 'NDJSON', type: 'application/x-ndjson', write: toNdjson },
  csv: { title: 'CSV', type: 'text/csv', write: toCsv },
} as const;

export function ExportButtons({ log, name }: { log: HistoryLog; name: string }) {
  const action = useAction();
  const saved = (ending: keyof typeof FORMATS) => async (): Promise<void> => {
    const { type, write } = FORMATS[ending];
    const isDone = await action.run(async () => {
      const events = await log.whole();
      save(`${name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60)}-history.${ending}`, type, write(events));
      tell(`${plural(events.length, 'event')} saved.`);
    });
    if (!isDone) tell(action.failure.peek(), true);
  };
  return (
    <>
      {(Object.keys(FORMATS) as (keyof typeof FORMATS)[]).map((ending) => (
        <button
          key={ending}
          type="button"
          class="button"
          data-testid={`export-${ending}`}
          aria-disabled={action.state.value === 'waiting'}
          onClick={() => void saved(ending)()}
        >
          <Icon name="download" /> {FORMATS[ending].title}
        </button>
      ))}
    </>
  );
}
