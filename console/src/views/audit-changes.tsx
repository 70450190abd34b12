/** Changes of access, for auditors: each grant, revocation, membership, role and transfer, and who gained or lost which right by it. */
import { type AccessChange, accessChanges } from '@alarm-server/client';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Moment } from '../parts/time.js';
import { hrefTo } from '../state/address.js';
import { auditFrom, auditName, auditTo, given, heldWords } from '../state/audit.js';
import { plural } from '../state/format.js';
import { groupNameOf, knownNameOf, learn } from '../state/names.js';
import { usePaged } from '../state/paged.js';
import { SERVER, token } from '../state/session.js';
import { userIdOf } from '../state/user-id.js';
import { AuditWindowFields } from './audit-window.js';

const PART = 200;
/** Effects of one change that are shown; the rest is counted. */
const EFFECTS = 8;
const TITLES = ['Position', 'At', 'Who', 'What', 'Who gained or lost what'];

export function AuditChanges() {
  const [from, to, name] = [auditFrom.value, auditTo.value, auditName.value];
  const { items, failure, more, again } = usePaged(
    async (after) => {
      const user = await userIdOf(name);
      const window = { ...given({ from, to, after, user }), limit: PART };
      const { changes, next } = await accessChanges(SERVER, token(), window);
      for (const { effects, by, by_username } of changes) {
        learn(by, by_username);
        for (const { user_id, username } of effects) learn(user_id, username);
      }
      return { items: changes, next };
    },
    [from, to, name],
  );
  return (
    <section aria-labelledby="audit-changes-title">
      <h2 id="audit-changes-title">Changes of access</h2>
      <AuditWindowFields />
      {items === undefined && failure === undefined && <Loading what="the changes" />}
      {items?.length === 0 && !more && <p class="note">Nobody's access changed then.</p>}
      {items && items.length > 0 && (
        <PlainTable titles={TITLES} testId="access-changes">
          {items.map((change) => (
            <Row
              key={change.position}
              titles={TITLES}
              data-testid="access-change"
              cells={[
                change.position,
                <Moment key="at" at={change.at} />,
                <bdi key="by">{knownNameOf(change.by)}</bdi>,
                <What key="what" change={change} />,
                <Effects key="effects" change={change} />,
              ]}
            />
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

/** By the event's type. */
const WORDS: Readonly<Record<string, string>> = {
  PageCreated: 'made the page',
  PageShared: 'shared the page',
  PageLeft: 'left the page',
  PageDeleted: 'deleted the page',
  PageTransferred: 'gave the page away',
  GroupCreated: 'made the group',
  GroupMemberAdded: 'added to the group',
  GroupMemberRemoved: 'removed from the group',
  GroupDeleted: 'deleted the group',
  GroupTransferred: 'gave the group away',
  RoleGranted: 'gave a role',
  RoleRevoked: 'took a role away',
  UserDeactivated: 'deactivated the account',
  UserReactivated: 'reactivated the account',
};
const HELD: Readonly<Record<string, string>> = { own: 'owns', edit: 'may edit', view: 'may view', none: 'nothing' };

/** What was done, and who has what since. */
const What = ({ change: { type, accesses } }: { change: AccessChange }) => (
  <>
    {WORDS[type] ?? type}
    <ul class="note">
      {accesses.slice(0, EFFECTS).map(({ subject_type, subject_id, on, id, held }) => (
        <li key={`${subject_id} ${on} ${id}`}>
          <bdi title={subject_id}>
            {subject_type === 'user' ? knownNameOf(subject_id) : groupNameOf(subject_id, true)}
          </bdi>
          : {HELD[held] ?? held}
        </li>
      ))}
      {accesses.length > EFFECTS && <li>and {plural(accesses.length - EFFECTS, 'other')}</li>}
    </ul>
  </>
);

function Effects({ change: { effects, more_effects = 0 } }: { change: AccessChange }) {
  const left = effects.length - EFFECTS + more_effects;
  if (effects.length === 0) return <span class="nothing">nobody</span>;
  return (
    <ul>
      {effects.slice(0, EFFECTS).map(({ user_id, username, page_id, page_name, before, after }) => (
        <li key={`${user_id} ${page_id}`}>
          <bdi>{username}</bdi> on{' '}
          <a href={hrefTo(`audit/pages/${encodeURIComponent(page_id)}`)}>
            <bdi>{page_name}</bdi>
          </a>
          : {heldWords[before]}, then {heldWords[after]}
        </li>
      ))}
      {left > 0 && <li class="note">and {plural(left, 'other')}</li>}
    </ul>
  );
}
