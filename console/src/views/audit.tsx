/** For auditors: what was, who could see it, and proof of it. Everything is as of one moment, which the address holds. */
import { Blank, Loading } from '../parts/lists.js';
import { hrefTo, route } from '../state/address.js';
import { auditAt } from '../state/audit.js';
import { isAuditor } from '../state/me.js';
import type { RouteName } from '../state/routes.js';
import { AuditAsOf } from './audit-as-of.js';
import { AuditChanges } from './audit-changes.js';
import { AuditDenied } from './audit-denied.js';
import { AuditEvidence } from './audit-evidence.js';
import { AuditPage } from './audit-page.js';
import { AuditPages } from './audit-pages.js';
import { AuditUser } from './audit-user.js';

/** The parts, by the second segment of their address, and which of them is shown at which address. */
const PARTS = {
  pages: 'Pages',
  people: 'People',
  changes: 'Changes',
  denied: 'Denied',
  evidence: 'Evidence',
} as const;

type Part = keyof typeof PARTS;

const partOf: Readonly<Partial<Record<RouteName, Part>>> = {
  'audit-pages': 'pages',
  'audit-page': 'pages',
  'audit-people': 'people',
  'audit-changes': 'changes',
  'audit-denied': 'denied',
  'audit-evidence': 'evidence',
};

export function Audit() {
  if (isAuditor.value === false)
    return (
      <Blank icon="key" isAll title="Only auditors see this.">
        <p>Who runs the server gives the role. It shows after the next sign-in.</p>
      </Blank>
    );
  if (isAuditor.value === undefined) return <Loading what="your roles" />;
  const { name, id } = route.value;
  const current = partOf[name];
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
        {current === 'pages' && (id === '' ? <AuditPages /> : <AuditPage key={id} id={id} />)}
        {current === 'people' && <AuditUser />}
        {current === 'changes' && <AuditChanges />}
        {current === 'denied' && <AuditDenied />}
        {current === 'evidence' && <AuditEvidence />}
      </div>
    </section>
  );
}
