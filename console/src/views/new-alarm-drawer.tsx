/** Makes an alarm. What was written stays until the server has confirmed it, whatever happens to the connection. */
import { useState } from 'preact/hooks';
import { Drawer } from '../parts/drawer.js';
import { Save, submitted } from '../parts/form.js';
import { changedFrom, EMPTY, payloadOf } from '../state/alarm-fields.js';
import { useAction } from '../state/commands.js';
import { client, store } from '../state/live.js';
import { close, closeTo } from '../state/ui.js';
import { AlarmFieldset } from './alarm-form.js';
import { Sentence } from './alarm-sentence.js';

export function NewAlarmDrawer({ pageId }: { pageId: string }) {
  const action = useAction();
  const [fields, setFields] = useState(EMPTY);
  const page = store.value?.held.pages.get(pageId);
  const create = async (): Promise<void> => {
    let made: string | undefined;
    await action.run(async (id) => {
      const named = { page_id: pageId, ticker: '', option: '', condition: '' };
      const set = payloadOf(fields, changedFrom(EMPTY, fields));
      made = (await client.value!.createAlarm({ ...named, ...set }, { id })).id;
    });
    if (made !== undefined) closeTo(made);
  };
  return (
    <Drawer title="New alarm">
      <form class="form" onSubmit={submitted(create)}>
        {page?.can_edit ? (
          <p class="note">
            On <bdi>{page.name}</bdi>
          </p>
        ) : (
          <p class="failure">You may not add alarms to this page any more. What you wrote is still here.</p>
        )}
        <AlarmFieldset fields={fields} set={setFields} />
        <Sentence fields={fields} page={page?.name ?? 'the page'} />
        <Save action={action} label="Create alarm" cancel={close} isOff={!page?.can_edit} />
      </form>
    </Drawer>
  );
}
