/** What can be done to the alarms that were chosen in the table, all at once. */
import { type Alarm, findUser, type Page } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { Field, Save, submitted } from '../parts/form.js';
import { Icon, type IconName } from '../parts/icon.js';
import { Select } from '../parts/select.js';
import { TextArea } from '../parts/text-area.js';
import { acknowledgeOne } from '../state/acknowledging.js';
import { chooseAll, chosen } from '../state/chosen.js';
import { useAction } from '../state/commands.js';
import { toEach } from '../state/each.js';
import { count, plural } from '../state/format.js';
import { type SnoozeSeconds, snoozeSeconds, stateOf, statusOf } from '../state/life.js';
import { client } from '../state/live.js';
import { isMe } from '../state/names.js';
import { SERVER, token } from '../state/session.js';
import { rows } from '../state/table.js';

type Asked = 'snooze' | 'assign' | 'comment';

export function ChosenBar({ page }: { page: Page }) {
  const [asked, setAsked] = useState<Asked>();
  const alarms = chosen.value;
  const shown = rows.value.rows.length;
  const open = alarms.filter((alarm) => stateOf(alarm) === 'open');
  const snoozed = alarms.filter((alarm) => statusOf(alarm).snoozed !== undefined);
  const triggered = alarms.filter((alarm) => stateOf(alarm) !== 'none');
  const free = alarms.filter((alarm) => !isMe(statusOf(alarm).assignee ?? ''));
  return (
    <section class="chosen" aria-label="The chosen alarms" data-testid="chosen">
      <strong role="status">{plural(alarms.length, 'alarm')} chosen</strong>
      <div class="form-foot">
        <Button name="ack-chosen" icon="check" label="Acknowledge" alarms={open} run={() => acknowledgeEach(open)} />
        <Button name="take-chosen" icon="group" label="I take them" alarms={free} run={() => take(free)} />
        <Button name="comment-chosen" icon="edit" label="Comment …" alarms={alarms} run={() => setAsked('comment')} />
        {page.can_edit && (
          <>
            <Button name="snooze-chosen" icon="moon" label="Snooze …" alarms={alarms} run={() => setAsked('snooze')} />
            <Button
              name="unsnooze-chosen"
              icon="bell"
              label="End the snooze"
              alarms={snoozed}
              run={() => wake(snoozed)}
            />
            <Button name="assign-chosen" icon="share" label="Assign …" alarms={alarms} run={() => setAsked('assign')} />
            <Button name="clear-chosen" icon="off" label="Clear" alarms={triggered} run={() => clear(triggered)} />
          </>
        )}
        {alarms.length < shown && (
          <button type="button" class="button small bare" data-testid="choose-shown" onClick={() => chooseAll(true)}>
            Choose all {count(shown)}
          </button>
        )}
        <button type="button" class="button small bare" data-testid="choose-none" onClick={() => chooseAll(false)}>
          <Icon name="close" /> Choose none
        </button>
      </div>
      {asked === 'snooze' && <SnoozeChosen alarms={alarms} done={() => setAsked(undefined)} />}
      {asked === 'comment' && <CommentChosen alarms={alarms} done={() => setAsked(undefined)} />}
      {asked === 'assign' && <AssignChosen alarms={alarms} done={() => setAsked(undefined)} />}
    </section>
  );
}

const acknowledgeEach = (alarms: readonly Alarm[]) => toEach(alarms, 'acknowledged', acknowledgeOne);

const take = (alarms: readonly Alarm[]) =>
  toEach(alarms, 'assigned to you', (alarm, id) =>
    client.value!.assignAlarm({ alarm_id: alarm.id, user_id: client.value!.store.user!.id }, { id }),
  );

const wake = (alarms: readonly Alarm[]) =>
  toEach(alarms, 'not snoozed any more', (alarm, id) => client.value!.unsnoozeAlarm({ alarm_id: alarm.id }, { id }));

const clear = (alarms: readonly Alarm[]) =>
  toEach(alarms, 'cleared', (alarm, id) => client.value!.clearAlarm({ alarm_id: alarm.id }, { id }));

interface ButtonProps {
  readonly name: string;
  readonly icon: IconName;
  readonly label: string;
  /** Those that it is for; without any it is not there. */
  readonly alarms: readonly Alarm[];
  readonly run: () => unknown;
}

const Button = ({ name, icon, label, alarms, run }: ButtonProps) =>
  alarms.length === 0 ? null : (
    <button type="button" class="button small" data-testid={name} onClick={() => void run()}>
      <Icon name={icon} /> {label}
      <span class="only-read"> of {count(alarms.length)}</span>
    </button>
  );

interface FormProps {
  readonly alarms: readonly Alarm[];
  readonly done: () => void;
}

function SnoozeChosen({ alarms, done }: FormProps) {
  const action = useAction();
  const [seconds, setSeconds] = useState<SnoozeSeconds>('3600');
  const snooze = async (): Promise<void> => {
    const for_s = Number(seconds);
    await action.run(() =>
      toEach(alarms, 'snoozed', (alarm, id) => client.value!.snoozeAlarm({ alarm_id: alarm.id, for_s }, { id })),
    );
    done();
  };
  return (
    <form class="form inline" onSubmit={submitted(snooze)}>
      <Select label="Snooze them for" value={seconds} set={setSeconds} options={snoozeSeconds} />
      <Save action={action} label="Snooze" testId="snooze-chosen-save" cancel={done} />
    </form>
  );
}

function CommentChosen({ alarms, done }: FormProps) {
  const action = useAction();
  const [text, setText] = useState('');
  const comment = async (): Promise<void> => {
    await action.run(() =>
      toEach(alarms, 'commented', (alarm, id) => client.value!.commentAlarm({ alarm_id: alarm.id, text }, { id })),
    );
    done();
  };
  return (
    <form class="form inline" onSubmit={submitted(comment)}>
      <TextArea
        label="Say about them"
        testId="comment-chosen-text"
        required
        maxLength={2_000}
        value={text}
        set={setText}
      />
      <Save action={action} label="Comment" testId="comment-chosen-save" cancel={done} />
    </form>
  );
}

function AssignChosen({ alarms, done }: FormProps) {
  const action = useAction();
  const [name, setName] = useState('');
  const assign = async (): Promise<void> => {
    const isDone = await action.run(async () => {
      const user = await findUser(SERVER, token(), name.trim());
      if (!user) throw new Error(`There is no user with the name ${name.trim()}.`);
      await toEach(alarms, `assigned to ${user.username}`, (alarm, id) =>
        client.value!.assignAlarm({ alarm_id: alarm.id, user_id: user.id }, { id }),
      );
    });
    if (isDone) done();
  };
  return (
    <form class="form inline" onSubmit={submitted(assign)}>
      <Field
        label="Assign them to"
        testId="assign-chosen-name"
        required
        autofocus
        placeholder="A username"
        spellcheck={false}
        autocapitalize="none"
        value={name}
        set={setName}
      />
      <Save action={action} label="Assign" testId="assign-chosen-save" cancel={done} />
    </form>
  );
}
