/** What users were refused, for auditors. */
import { type CommandDenied, type DenialsSummarised, denials } from '@alarm-server/client';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Moment } from '../parts/time.js';
import { hrefTo } from '../state/address.js';
import { auditFrom, auditName, auditTo, given } from '../state/audit.js';
import { count } from '../state/format.js';
import { usePaged } from '../state/paged.js';
import { SERVER, token } from '../state/session.js';
import { userIdOf } from '../state/user-id.js';
import { AuditWindowFields } from './audit-window.js';

const PART = 200;
const TITLES = ['Position', 'At', 'Who', 'What', 'On', 'Refused'];
const CODES = { permission_denied: 'not allowed', not_found: 'not there, or not to be seen' } as const;

export function AuditDenied() {
  const [from, to, name] = [auditFrom.value, auditTo.value, auditName.value];
  const { items, failure, more, again } = usePaged(
    async (after) => {
      const user = await userIdOf(name);
      const { denied, next } = await denials(SERVER, token(), { ...given({ from, to, after, user }), limit: PART });
      return { items: denied, next };
    },
    [from, to, name],
  );
  return (
    <section aria-labelledby="audit-denied-title">
      <h2 id="audit-denied-title">Denied</h2>
      <AuditWindowFields />
      {items === undefined && failure === undefined && <Loading what="what was denied" />}
      {items?.length === 0 && !more && <p class="note">Nothing was denied then.</p>}
      {items && items.length > 0 && (
        <PlainTable titles={TITLES} testId="denials">
          {items.map((one) => (
            <Row key={one.position} titles={TITLES} data-testid="denial" cells={cellsOf(one)} />
          ))}
        </PlainTable>
      )}
      {failure !== undefined && <Failed why={failure} again={again} />}
      {more && failure === undefined && (
        <button type="button" class="button" onClick={more}>
          Look further
        </button>
      )}
    </section>
  );
}

function cellsOf(one: CommandDenied | DenialsSummarised) {
  const head = [one.position, <Moment key="at" at={one.at} />];
  if (one.type === 'DenialsSummarised') {
    const users = one.users.map(({ username, count: times }) => `${username} ${count(times)} times`);
    const others = one.others > 0 ? [`others ${count(one.others)} times`] : [];
    return [...head, <bdi key="who">{[...users, ...others].join(', ')}</bdi>, 'more of the same', '', ''];
  }
  return [
    ...head,
    <bdi key="who">{one.token_id === undefined ? one.username : `${one.username}, a program`}</bdi>,
    one.what,
    one.page_id === null ? (
      <code key="on">{one.target ?? 'what never was here'}</code>
    ) : (
      <a key="on" href={hrefTo(`audit/pages/${encodeURIComponent(one.page_id)}`, { at: `@${one.judged}` })}>
        page {one.page_id.slice(0, 8)}
      </a>
    ),
    `${CODES[one.code]} (${one.rule}), at position ${one.judged}`,
  ];
}
