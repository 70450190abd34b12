/** Saves the whole history as a file. */

import { Icon } from '../parts/icon.js';
import { useAction } from '../state/commands.js';
import { plural } from '../state/format.js';
import { toCsv, toNdjson } from '../state/history-export.js';
import type { HistoryLog } from '../state/history-log.js';
import { tell } from '../state/ui.js';

const FORMATS = {
  ndjson: { title: 'NDJSON', type: 'application/x-ndjson', write: toNdjson },
  csv: { title: 'CSV', type: 'text/csv', write: toCsv },
} as const;

export function ExportButtons({ log, name }: { log: HistoryLog; name: string }) {
  const action = useAction();
  const save = (ending: keyof typeof FORMATS) => async (): Promise<void> => {
    const { type, write } = FORMATS[ending];
    const isDone = await action.run(async () => {
      const events = await log.whole();
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([write(events)], { type }));
      link.download = `${name.replace(/[^\p{L}\p{N}._-]+/gu, '-').slice(0, 60)}-history.${ending}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
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
          onClick={() => void save(ending)()}
        >
          <Icon name="download" /> {FORMATS[ending].title}
        </button>
      ))}
    </>
  );
}
