/** Gives somebody a right: a username or a group's name, and view or edit. */
import type { FoundUser, Group } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { useAction } from '../state/commands.js';
import { client } from '../state/live.js';
import { tell } from '../state/ui.js';

interface FormProps {
  readonly pageId: string;
  /** Those that the user knows. */
  readonly groups: readonly Group[];
  readonly find: (username: string) => Promise<FoundUser | undefined>;
  readonly done: () => void;
}

interface Subject {
  readonly type: 'user' | 'group';
  readonly id: string;
  readonly name: string;
  readonly warning?: string | undefined;
}

const same = (a: string, b: string): boolean => a.normalize().toLocaleLowerCase() === b.normalize().toLocaleLowerCase();

export function ShareForm({ pageId, groups, find, done }: FormProps) {
  const action = useAction();
  const [name, setName] = useState('');
  const [mayEdit, setMayEdit] = useState(false);
  /** To choose from, where the name means more than one, or may be mistaken. */
  const [choices, setChoices] = useState<readonly Subject[]>([]);

  const grant = (subject: Subject): Promise<void> =>
    action
      .run((id) =>
        client.value!.sharePage(
          { page_id: pageId, subject_type: subject.type, subject_id: subject.id, can_view: true, can_edit: mayEdit },
          { id },
        ),
      )
      .then((isDone) => {
        if (!isDone) return;
        tell(`Shared with ${subject.name}, who may ${mayEdit ? 'edit' : 'view'}.`);
        setName('');
        setChoices([]);
        done();
      });

  const save = async (): Promise<void> => {
    let found: Subject[] = [];
    const isFound = await action.run(async () => {
      const sought = name.trim();
      const user = await find(sought);
      found = [
        ...groups
          .filter((group) => same(group.name, sought))
          .map(({ id, name }) => ({ type: 'group' as const, id, name })),
        ...(user ? [{ type: 'user' as const, id: user.id, name: user.username, warning: user.warning }] : []),
      ];
      if (found.length === 0)
        throw new Error(`There is no user with the name ${sought}, and none of your groups is called so.`);
    });
    if (!isFound) return;
    const [only] = found;
    if (found.length === 1 && only && only.warning === undefined) return grant(only);
    setChoices(found);
  };

  return (
    <form class="form" onSubmit={submitted(save)}>
      <Field
        label="Share with"
        testId="share-subject"
        placeholder="A username or a group's name"
        required
        list="share-groups"
        spellcheck={false}
        autocapitalize="none"
        dir="auto"
        value={name}
        set={(text) => {
          setName(text);
          setChoices([]);
        }}
      />
      <datalist id="share-groups">
        {groups.map(({ id, name }) => (
          <option key={id} value={name} />
        ))}
      </datalist>
      <fieldset class="choices">
        <legend class="only-read">Right</legend>
        <label class="check">
          <input type="radio" name="right" checked={!mayEdit} onChange={() => setMayEdit(false)} /> May view
        </label>
        <label class="check">
          <input type="radio" name="right" checked={mayEdit} onChange={() => setMayEdit(true)} /> May edit
        </label>
      </fieldset>
      {choices.length > 0 && (
        <div class="conflict" role="alert">
          {choices.map(({ warning }) => warning && <p key={warning}>{warning}.</p>)}
          <p>Whom do you mean?</p>
          <div class="form-foot">
            {choices.map((choice) => (
              <button key={choice.id} type="button" class="button small" onClick={() => void grant(choice)}>
                The {choice.type} <bdi>{choice.name}</bdi> ({choice.id.slice(0, 8)})
              </button>
            ))}
          </div>
        </div>
      )}
      <Save action={action} label="Share" testId="share-save" />
    </form>
  );
}
