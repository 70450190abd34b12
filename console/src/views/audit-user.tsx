/** Which pages somebody could see as of a moment, and by which paths, for auditors. */
import { findUser, userAccess } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { address, hrefTo, setQuery } from '../state/address.js';
import { auditAt, heldWords } from '../state/audit.js';
import { useAction } from '../state/commands.js';
import { useLoaded } from '../state/loaded.js';
import { patiently } from '../state/patience.js';
import { SERVER, token } from '../state/session.js';
import { AccessPaths } from './access-paths.js';

const TITLES = ['Page', 'Right', 'By which paths'];

export function AuditUser() {
  const asked = address.value.query.get('name') ?? '';
  const action = useAction();
  const [name, setName] = useState(asked);
  return (
    <>
      <form class="form line-form" onSubmit={submitted(() => setQuery({ name: name.trim() }))}>
        <Field
          label="Username"
          testId="audit-name"
          required
          spellcheck={false}
          autocapitalize="none"
          value={name}
          set={setName}
        />
        <Save action={action} label="Show access" testId="audit-show" />
      </form>
      {asked !== '' && <Found name={asked} />}
    </>
  );
}

function Found({ name }: { name: string }) {
  const at = auditAt.value;
  const { value, failure, reload } = useLoaded(async () => {
    const found = await findUser(SERVER, token(), name);
    return found ? patiently(() => userAccess(SERVER, token(), found.id, at)) : 'nobody';
  }, [name, at]);
  if (value === undefined && failure === undefined) return <Loading what="what they could see" />;
  if (failure !== undefined) return <Failed why={failure} again={reload} />;
  if (!value) return null;
  if (value === 'nobody')
    return (
      <p class="note" role="status">
        There is no user with the name <bdi>{name}</bdi>.
      </p>
    );
  const { user, pages, as_of } = value;
  return (
    <section aria-labelledby="audit-user-title">
      <h2 id="audit-user-title">
        <bdi>{user.username}</bdi> <span class="note">as of position {as_of.position}</span>
      </h2>
      {user.active === false && <p class="note">The account was deactivated: these rights had no effect.</p>}
      {user.roles && <p class="note">Roles: {user.roles.join(', ')}</p>}
      {pages.length === 0 ? (
        <p class="note">They could see no page.</p>
      ) : (
        <PlainTable titles={TITLES} testId="audit-user-pages">
          {pages.map(({ page_id, name, right, paths }) => (
            <Row
              key={page_id}
              titles={TITLES}
              cells={[
                <a key="page" href={hrefTo(`audit/pages/${encodeURIComponent(page_id)}`, { at })}>
                  <bdi>{name}</bdi>
                </a>,
                heldWords[right],
                <AccessPaths key="paths" paths={paths} />,
              ]}
            />
          ))}
        </PlainTable>
      )}
    </section>
  );
}
