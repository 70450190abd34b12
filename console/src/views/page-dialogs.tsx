/** Makes, renames, deletes and leaves pages. */
import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.js';
import { Field, Save, submitted } from '../parts/form.js';
import { go, hrefTo, pageHref } from '../state/address.js';
import { useAction } from '../state/commands.js';
import { plural } from '../state/format.js';
import { client, store } from '../state/live.js';
import { close, tell } from '../state/ui.js';

export function NewPage() {
  const action = useAction();
  const [name, setName] = useState('');
  const create = async (): Promise<void> => {
    let made: string | undefined;
    await action.run(async (id) => {
      made = (await client.value!.createPage({ name }, { id })).id;
    });
    if (made === undefined) return;
    close();
    go(pageHref(made));
  };
  return (
    <Dialog title="New page" close={close}>
      <form class="form" onSubmit={submitted(create)}>
        <Name value={name} set={setName} />
        <p class="sentence">A page holds alarms and is what you share. At first only you see it.</p>
        <Save action={action} label="Create page" cancel={close} />
      </form>
    </Dialog>
  );
}

const Name = ({ value, set }: { value: string; set: (name: string) => void }) => (
  <Field label="Name" testId="page-name" required maxLength={200} dir="auto" autofocus value={value} set={set} />
);

export function RenamePage({ id }: { id: string }) {
  const action = useAction();
  const held = store.value?.held.pages.get(id)?.name ?? '';
  const [name, setName] = useState(held);
  const rename = async (): Promise<void> => {
    if (await action.run((command) => client.value!.renamePage({ page_id: id, name }, { id: command }))) close();
  };
  return (
    <Dialog title="Rename the page" close={close}>
      <form class="form" onSubmit={submitted(rename)}>
        <Name value={name} set={setName} />
        <Save action={action} label="Rename" cancel={close} />
      </form>
    </Dialog>
  );
}

export function DeletePage({ id }: { id: string }) {
  const action = useAction();
  const held = store.value?.held;
  const page = held?.pages.get(id);
  const alarms = held?.alarmsOf(id).length ?? 0;
  const remove = async (): Promise<void> => {
    if (!(await action.run((command) => client.value!.deletePage({ page_id: id }, { id: command })))) return;
    tell('Page deleted.');
    close();
    go(hrefTo(''));
  };
  return (
    <Dialog title="Delete the page?" close={close}>
      <form class="form" onSubmit={submitted(remove)}>
        <p>
          <strong>
            <bdi>{page?.name}</bdi>
          </strong>{' '}
          and its {plural(alarms, 'alarm')} go from the screens of all who see it. This cannot be undone.
        </p>
        <Save action={action} label="Delete page" testId="delete-page" isDanger cancel={close} />
      </form>
    </Dialog>
  );
}

export function LeavePage({ id }: { id: string }) {
  const action = useAction();
  const page = store.value?.held.pages.get(id);
  const leave = async (): Promise<void> => {
    if (!(await action.run((command) => client.value!.leavePage({ page_id: id }, { id: command })))) return;
    close();
    if (store.peek()?.held.pages.has(id)) tell('You still see the page through a group.');
    else go(hrefTo(''));
  };
  return (
    <Dialog title="Leave the page?" close={close}>
      <form class="form" onSubmit={submitted(leave)}>
        <p>
          You no longer see{' '}
          <strong>
            <bdi>{page?.name}</bdi>
          </strong>
          , unless a group of yours still does. Its owner can share it with you again.
        </p>
        <Save action={action} label="Leave page" testId="leave-page" isDanger cancel={close} />
      </form>
    </Dialog>
  );
}
