/** What a list of auditors is cut to: from when, to when, and one user by name. */
import { submitted } from '../parts/form.js';
import { setQuery } from '../state/address.js';
import { auditFrom, auditName, auditTo } from '../state/audit.js';
import { momentField, momentOf, zoneName } from '../state/format.js';

export function AuditWindowFields() {
  const field = (name: 'from' | 'to', value: string | undefined) => (
    <label>
      <span>{name}</span>
      <input
        type="datetime-local"
        step="1"
        data-testid={`audit-${name}`}
        value={momentField(value ?? '')}
        onChange={({ currentTarget }) => setQuery({ [name]: momentOf(currentTarget.value) || undefined })}
      />
    </label>
  );
  return (
    <form class="as-of-time window" aria-label="What is shown" onSubmit={submitted(() => undefined)}>
      {field('from', auditFrom.value)}
      {field('to', auditTo.value)}
      <span class="note">({zoneName()})</span>
      <label>
        <span>user</span>
        <input
          data-testid="audit-user"
          placeholder="all"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={auditName.value ?? ''}
          onChange={({ currentTarget }) => setQuery({ name: currentTarget.value.trim() || undefined })}
        />
      </label>
    </form>
  );
}
