/** Makes an access token: what it is called, what it may do, for which page, and for how long. */
import type { AccessTokenWish } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { Icon } from '../parts/icon.js';
import { Select } from '../parts/select.js';
import { useAction } from '../state/commands.js';
import { store } from '../state/live.js';
import { compare } from '../state/rows.js';

const ABILITIES = {
  read: ['read'],
  trigger: ['trigger'],
  both: ['read', 'trigger'],
} as const;

export function NewAccessToken({ create }: { create: (wish: AccessTokenWish) => Promise<void> }) {
  const action = useAction();
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const [may, setMay] = useState<keyof typeof ABILITIES>('read');
  const [page, setPage] = useState('');
  const [days, setDays] = useState('90');
  const pages = [...(store.value?.held.pages.values() ?? [])].sort((a, b) => compare(a.name, b.name));
  const save = async (): Promise<void> => {
    const isDone = await action.run(() =>
      create({
        name: name.trim(),
        can: ABILITIES[may],
        expiresInDays: Number(days),
        ...(page === '' ? {} : { pages: [page] }),
      }),
    );
    if (!isDone) return;
    setName('');
    setOpen(false);
  };
  if (!isOpen)
    return (
      <button type="button" class="button" data-testid="make-token" onClick={() => setOpen(true)}>
        <Icon name="plus" /> New access token
      </button>
    );
  return (
    <form class="form narrow-form" onSubmit={submitted(save)}>
      <Field
        label="Name"
        testId="token-name"
        required
        maxLength={100}
        dir="auto"
        autofocus
        placeholder="Price feed"
        value={name}
        set={setName}
      />
      <Select
        label="It may"
        testId="token-may"
        value={may}
        options={{
          read: 'read what you see',
          trigger: 'trigger alarms, and read nothing',
          both: 'read, and trigger alarms',
        }}
        set={setMay}
      />
      <Select
        label="On"
        testId="token-page"
        value={page}
        options={Object.fromEntries([['', 'all pages that you see'], ...pages.map(({ id, name }) => [id, name])])}
        set={setPage}
      />
      <Field
        label="For how many days"
        inputMode="numeric"
        pattern="[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-5]"
        title="1 to 365"
        required
        value={days}
        set={setDays}
        hint="1 to 365. It can be ended at any time."
      />
      <Save action={action} label="Make the token" testId="token-save" cancel={() => setOpen(false)} />
    </form>
  );
}
