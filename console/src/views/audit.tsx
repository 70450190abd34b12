/** For auditors: what was, who could see it, and proof of it. Everything is as of one moment, which the address holds. */
import { Blank, Loading } from '../parts/lists.js';
import { hrefTo, segments } from '../state/address.js';
import { auditAt } from '../state/audit.js';
import { isAuditor } from '../state/me.js';
import { AuditAsOf } from './audit-as-of.js';
import { AuditChanges } from './audit-changes.js';
import { AuditDenied } from './audit-denied.js';
import { AuditEvidence } from './audit-evidence.js';
import { AuditPage } from './audit-page.js';
import { AuditPages } from './audit-pages.js';
import { AuditUser } from './audit-user.js';

/** Parts by the second segment of the address; the first of them is shown where it names none. */
const PARTS = {
  pages: 'Pages',
  people: 'People',
  changes: 'Changes of access',
  denied: 'Denied',
  evidence: 'Evidence',
} as const;

type Part = keyof typeof PARTS;

const partOf = (name: string | undefined): Part =>
  name !== undefined && Object.hasOwn(PARTS, name) ? (name as Part) : 'pages';

export function Audit() {
  if (isAuditor.value === false) return <Blank icon="key" isAll title="Only auditors see this." />;
  if (isAuditor.value === undefined) return <Loading what="your roles" />;
  const current = partOf(segments.value[1]);
  const id = segments.value[2];
  return (
    <section class="page scrolls" aria-labelledby="audit-title">
      <header class="page-head">
        <h1 id="audit-title">Audit</h1>
        <nav class="actions" aria-label="Audit">
          {(Object.keys(PARTS) as Part[]).map((part) => (
            <a
              key={part}
              class="button"
              data-testid={`audit-${part}`}
              href={hrefTo(`audit/${part}`, { at: auditAt.value })}
              aria-current={part === current ? 'page' : undefined}
            >
              {PARTS[part]}
            </a>
          ))}
        </nav>
      </header>
      {(current === 'pages' || current === 'people') && <AuditAsOf />}
      <div class="operations">
        {current === 'pages' && (id === undefined ? <AuditPages /> : <AuditPage key={id} id={id} />)}
        {current === 'people' && <AuditUser />}
        {current === 'changes' && <AuditChanges />}
        {current === 'denied' && <AuditDenied />}
        {current === 'evidence' && <AuditEvidence />}
      </div>
    </section>
  );
}
