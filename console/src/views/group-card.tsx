/** One group: its members, and what its owner or a member may change. */
import {
  addGroupMember,
  deleteGroup,
  findUser,
  type Group,
  removeGroupMember,
  renameGroup,
  type User,
} from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Asks } from '../parts/asks.js';
import { Field, Save, submitted } from '../parts/form.js';
import { Icon } from '../parts/icon.js';
import { useAction } from '../state/commands.js';
import { plural } from '../state/format.js';
import { isMe, nameOf } from '../state/names.js';
import { SERVER, token } from '../state/session.js';

export function GroupCard({ group, reload }: { group: Group; reload: () => void }) {
  const isOwner = isMe(group.owner_id);
  return (
    <article class="card" data-testid="group" data-group-id={group.id}>
      <header class="card-head">
        <h2 title={group.name}>
          <bdi>{group.name}</bdi>
        </h2>
        <span class="tag">{isOwner ? 'You own it' : `Owned by ${nameOf(group.owner_id)}`}</span>
        <span class="note">{plural(group.members.length, 'member')}</span>
      </header>
      <ul class="people">
        {group.members.map((member) => (
          <Member key={member.id} {...{ group, member, isOwner, reload }} />
        ))}
      </ul>
      {isOwner && (
        <>
          <AddMember group={group} reload={reload} />
          <details class="more">
            <summary>Rename or delete</summary>
            <Rename group={group} reload={reload} />
            <Delete group={group} reload={reload} />
          </details>
        </>
      )}
    </article>
  );
}

interface MemberProps {
  readonly group: Group;
  readonly member: User;
  readonly isOwner: boolean;
  readonly reload: () => void;
}

function Member({ group, member, isOwner, reload }: MemberProps) {
  const isSelf = isMe(member.id);
  return (
    <li class="person member">
      <bdi class="page-name" title={member.username}>
        {member.username}
      </bdi>
      {(isOwner || isSelf) && (
        <Asks
          of={member.username}
          done={reload}
          asks={[
            {
              label: isSelf ? 'Leave …' : 'Remove …',
              question: (
                <p>
                  {isSelf ? 'You lose' : <bdi>{member.username} loses</bdi>} every right that came through this group,
                  at once.
                </p>
              ),
              confirm: isSelf ? 'Leave' : 'Remove',
              run: (id) =>
                removeGroupMember(SERVER, token(), { group_id: group.id, user_id: member.id }, { idempotencyKey: id }),
            },
          ]}
        />
      )}
    </li>
  );
}

function AddMember({ group, reload }: { group: Group; reload: () => void }) {
  const action = useAction();
  const [name, setName] = useState('');
  const [warning, setWarning] = useState<string>();
  const add = async (): Promise<void> => {
    let isAdded = false;
    const isDone = await action.run(async (id) => {
      const user = await findUser(SERVER, token(), name.trim());
      if (!user) throw new Error(`There is no user with the name ${name.trim()}.`);
      setWarning(user.warning);
      // Asked once more where the name looks like another one.
      if (user.warning !== undefined && warning === undefined) return;
      await addGroupMember(SERVER, token(), { group_id: group.id, user_id: user.id }, { idempotencyKey: id });
      isAdded = true;
    });
    if (!isDone || !isAdded) return;
    setName('');
    setWarning(undefined);
    reload();
  };
  return (
    <form class="form inline" onSubmit={submitted(add)}>
      <Field
        label="Add a member"
        testId="member-name"
        required
        placeholder="A username"
        spellcheck={false}
        autocapitalize="none"
        value={name}
        set={(text) => {
          setName(text);
          setWarning(undefined);
        }}
      />
      {warning !== undefined && <p class="conflict">{warning}. Press once more to add this user.</p>}
      <Save action={action} label="Add" testId="member-save" />
    </form>
  );
}

function Rename({ group, reload }: { group: Group; reload: () => void }) {
  const action = useAction();
  const [name, setName] = useState(group.name);
  const rename = async (): Promise<void> => {
    const isDone = await action.run((id) =>
      renameGroup(SERVER, token(), { group_id: group.id, name }, { idempotencyKey: id }),
    );
    if (isDone) reload();
  };
  return (
    <form class="form inline" onSubmit={submitted(rename)}>
      <Field label="Name" required maxLength={200} dir="auto" value={name} set={setName} />
      <Save action={action} label="Rename" testId="group-rename" />
    </form>
  );
}

function Delete({ group, reload }: { group: Group; reload: () => void }) {
  const action = useAction();
  const remove = async (): Promise<void> => {
    const isDone = await action.run((id) =>
      deleteGroup(SERVER, token(), { group_id: group.id }, { idempotencyKey: id }),
    );
    if (isDone) reload();
  };
  return (
    <form class="form" onSubmit={submitted(remove)}>
      <p>
        <Icon name="alert" /> Every right through the group ends with it, for {plural(group.members.length, 'member')}.
      </p>
      <Save action={action} label="Delete group" testId="group-delete" isDanger />
    </form>
  );
}
