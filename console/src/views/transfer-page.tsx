/** Gives the page to somebody else, who owns it from then on. */
import { findUser, type Page } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { useAction } from '../state/commands.js';
import { client } from '../state/live.js';
import { SERVER, token } from '../state/session.js';
import { close, tell } from '../state/ui.js';

export function TransferPage({ page }: { page: Page }) {
  const action = useAction();
  const [name, setName] = useState('');
  const transfer = async (): Promise<void> => {
    const isDone = await action.run(async (id) => {
      const user = await findUser(SERVER, token(), name.trim());
      if (!user) throw new Error(`There is no user with the name ${name.trim()}.`);
      await client.value!.transferPage({ page_id: page.id, to: user.id }, { id });
    });
    if (!isDone) return;
    tell(`${name.trim()} owns the page now.`);
    close();
  };
  return (
    <details class="more">
      <summary>Give the page to somebody else</summary>
      <form class="form" onSubmit={submitted(transfer)}>
        <Field
          label="Username"
          testId="transfer-name"
          required
          spellcheck={false}
          autocapitalize="none"
          value={name}
          set={setName}
          hint="They own it from then on; you may edit it as long as they let you."
        />
        <Save action={action} label="Give the page away" testId="transfer-save" isDanger />
      </form>
    </details>
  );
}
