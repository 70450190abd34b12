/** Groups: the user's own, and those they are in. */
import { createGroup, type Group, listGroups } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { Blank, Failed, Loading } from '../parts/lists.js';
import { useAction } from '../state/commands.js';
import { useLoaded } from '../state/loaded.js';
import { learn } from '../state/names.js';
import { compare } from '../state/rows.js';
import { SERVER, token } from '../state/session.js';
import { GroupCard } from './group-card.js';

const byName = (a: Group, b: Group): number =>
  compare(a.name.toLocaleLowerCase(), b.name.toLocaleLowerCase()) || compare(a.id, b.id);

export function Groups() {
  const { value, failure, reload } = useLoaded(async () => {
    const groups = await listGroups(SERVER, token());
    for (const { members } of groups) for (const { id, username } of members) learn(id, username);
    return groups.sort(byName);
  }, []);
  return (
    <section class="page scrolls" aria-labelledby="groups-title">
      <header class="page-head">
        <h1 id="groups-title">Groups</h1>
      </header>
      <div class="cards">
        <NewGroup done={reload} />
        {value === undefined && failure === undefined && <Loading what="your groups" />}
        {failure !== undefined && <Failed why={failure} again={reload} />}
        {value?.length === 0 && (
          <Blank icon="group" title="You are in no group yet.">
            <p>Share a page with a group, and whoever joins it sees the page at once.</p>
          </Blank>
        )}
        {value?.map((group) => (
          <GroupCard key={group.id} group={group} reload={reload} />
        ))}
      </div>
    </section>
  );
}

function NewGroup({ done }: { done: () => void }) {
  const action = useAction();
  const [name, setName] = useState('');
  const create = async (): Promise<void> => {
    const isDone = await action.run((id) => createGroup(SERVER, token(), { name }, { idempotencyKey: id }));
    if (!isDone) return;
    setName('');
    done();
  };
  return (
    <form class="form inline" onSubmit={submitted(create)}>
      <Field
        label="New group"
        testId="group-name"
        required
        maxLength={200}
        dir="auto"
        placeholder="A name, like Desk Euro"
        value={name}
        set={setName}
      />
      <Save action={action} label="Create group" testId="group-save" />
    </form>
  );
}
