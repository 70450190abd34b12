/** Users as operators see them: found by a part of the name, deactivated and reactivated, their sessions ended, a code for another password. */
import {
  type AdminUser,
  deactivateUser,
  endSessions,
  issueResetCode,
  listUsers,
  type OneTimeCode,
  reactivateUser,
} from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { type Asked, Asks } from '../parts/asks.js';
import { Failure } from '../parts/form.js';
import { Blank, Failed, Loading } from '../parts/lists.js';
import { PlainTable, Row } from '../parts/plain-table.js';
import { Ago, Moment } from '../parts/time.js';
import { useAction } from '../state/commands.js';
import { count } from '../state/format.js';
import { useLoaded } from '../state/loaded.js';
import { SERVER, token } from '../state/session.js';

const LIMIT = 200;
const TITLES = ['Name', 'Roles', 'Last login', 'Sockets', 'Account', ''];

export function Users() {
  const [text, setText] = useState('');
  const q = text.trim();
  const { value, failure, isForbidden, reload } = useLoaded(
    () => listUsers(SERVER, token(), { limit: LIMIT, ...(q === '' ? {} : { q }) }),
    [q],
  );
  if (isForbidden) return <Blank icon="key" title="Only operators see the users." />;
  return (
    <section aria-labelledby="users-title">
      <div class="section-head">
        <h2 id="users-title">Users</h2>
        <label class="filter">
          <span class="only-read">Find users by a part of their name</span>
          <input
            type="search"
            data-testid="user-filter"
            placeholder="A part of a name"
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
      </div>
      {value === undefined && failure === undefined && <Loading what="the users" />}
      {failure !== undefined && <Failed why={failure} again={reload} />}
      {value?.users.length === 0 && <p class="note">No user's name has this in it.</p>}
      {value && value.users.length > 0 && (
        <PlainTable titles={TITLES} testId="users">
          {value.users.map((user) => (
            <Line key={user.id} user={user} reload={reload} />
          ))}
        </PlainTable>
      )}
      {value?.next != null && <p class="note">The first {count(LIMIT)}; type a part of the name to find others.</p>}
    </section>
  );
}

function Line({ user, reload }: { user: AdminUser; reload: () => void }) {
  const action = useAction();
  const [code, setCode] = useState<OneTimeCode>();
  const run = async (work: () => Promise<unknown>): Promise<void> => {
    if (await action.run(work)) reload();
  };
  const deactivate: Asked = {
    label: 'Deactivate …',
    question: 'All sessions and sockets end at once, on every node. Nothing is deleted.',
    confirm: 'Deactivate',
    run: () => deactivateUser(SERVER, token(), user.id),
  };
  const end: Asked = {
    label: 'End sessions …',
    question: 'All sessions end at once; the password stays as it is.',
    confirm: 'End sessions',
    run: () => endSessions(SERVER, token(), user.id),
  };
  return (
    <Row
      titles={TITLES}
      data-testid="user"
      data-user-id={user.id}
      cells={[
        <bdi key="name">{user.username}</bdi>,
        user.roles.join(', '),
        <Ago key="login" at={user.last_login_at} />,
        count(user.sockets),
        user.active ? 'active' : <strong>deactivated</strong>,
        <div key="actions" class="asks">
          <Asks of={`of ${user.username}`} asks={user.active ? [deactivate, end] : [end]} done={reload}>
            {!user.active && (
              <Small
                label="Reactivate"
                name={user.username}
                run={() => void run(() => reactivateUser(SERVER, token(), user.id))}
              />
            )}
            <Small
              label="Reset code"
              name={user.username}
              run={() => void run(async () => setCode(await issueResetCode(SERVER, token(), user.id)))}
            />
          </Asks>
          {code && (
            <p class="sentence">
              <strong>{code.code}</strong>, until <Moment at={code.expires_at} />. It is shown only now: give it to{' '}
              {user.username} on a safe way.
            </p>
          )}
          <Failure action={action} />
        </div>,
      ]}
    />
  );
}

const Small = ({ label, name, run }: { label: string; name: string; run: () => void }) => (
  <button type="button" class="button small" onClick={run}>
    {label}
    <span class="only-read"> of {name}</span>
  </button>
);
