/** The moment that the auditors' pages are as of: a time, or a position of the log; without one, now. */
import { setQuery } from '../state/address.js';
import { auditAt } from '../state/audit.js';
import { exactTime, momentField, momentOf, zoneName } from '../state/format.js';

export function AuditAsOf() {
  const at = auditAt.value;
  const position = at?.startsWith('@') ? at.slice(1) : '';
  return (
    <div class="as-of">
      <div class="as-of-time">
        <label>
          <span>As of ({zoneName()})</span>
          <input
            type="datetime-local"
            step="1"
            data-testid="audit-time"
            value={at === undefined || position !== '' ? '' : momentField(at)}
            onChange={({ currentTarget }) => setQuery({ at: momentOf(currentTarget.value) || undefined })}
          />
        </label>
        <label>
          <span>or position</span>
          <input
            inputMode="numeric"
            size={10}
            placeholder="of the log"
            data-testid="audit-position"
            value={position}
            onChange={({ currentTarget }) => {
              const text = currentTarget.value.trim().replace(/^@/, '');
              setQuery({ at: text === '' ? undefined : `@${text}` });
            }}
          />
        </label>
      </div>
      {at !== undefined && (
        <div class="as-of-banner" data-testid="as-of-banner" role="status">
          <p>You are looking at the past: as of {position === '' ? exactTime(at) : `position ${position}`}.</p>
          <button type="button" class="button small" onClick={() => setQuery({ at: undefined })}>
            Back to now
          </button>
        </div>
      )}
    </div>
  );
}
