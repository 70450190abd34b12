/** What is done about an alarm's triggers: acknowledge, take back, clear, assign, snooze. */
import { type Alarm, findUser, type Page } from '@alarm-server/client';
import { useState } from 'preact/hooks';
import { AckButton } from '../parts/ack-button.js';
import { Failure, Field, Save, submitted } from '../parts/form.js';
import { FreeText } from '../parts/free-text.js';
import { Icon } from '../parts/icon.js';
import { Person } from '../parts/person.js';
import { TextArea } from '../parts/text-area.js';
import { Ago, Moment } from '../parts/time.js';
import { said } from '../state/acknowledging.js';
import { useAction } from '../state/commands.js';
import { count, plural } from '../state/format.js';
import { stateOf, statusOf } from '../state/life.js';
import { client } from '../state/live.js';
import { isMe } from '../state/names.js';
import { SERVER, token } from '../state/session.js';
import { Snooze } from './snooze.js';

/** What became of the triggers, as lines of the list of facts. */
export function HandlingFacts({ alarm }: { alarm: Alarm }) {
  const { count: triggers, first_at, renotified = 0, ack, snoozed, assignee } = statusOf(alarm);
  return (
    <>
      {triggers !== undefined && triggers > 0 && (
        <>
          <dt>Triggers</dt>
          <dd>
            {count(triggers)}, since <Ago at={first_at} />
            {renotified > 0 && `; told again ${plural(renotified, 'time')}`}
          </dd>
        </>
      )}
      {ack && (
        <>
          <dt>Acknowledged</dt>
          <dd>
            by <Person id={ack.by} />, <Ago at={ack.at} />
            {ack.comment !== undefined && <FreeText text={ack.comment} />}
          </dd>
        </>
      )}
      {snoozed && (
        <>
          <dt>Snoozed</dt>
          <dd>
            until <Moment at={snoozed.until} />, by <Person id={snoozed.by} />
          </dd>
        </>
      )}
      {assignee !== undefined && (
        <>
          <dt>Assignee</dt>
          <dd>
            <Person id={assignee} />
          </dd>
        </>
      )}
    </>
  );
}

export function Handling({ alarm, page }: { alarm: Alarm; page: Page }) {
  const action = useAction();
  const [comment, setComment] = useState('');
  const state = stateOf(alarm);
  const { ack, assignee } = statusOf(alarm);
  const isMine = ack !== undefined && isMe(ack.by);
  const run = (work: (id: string) => Promise<unknown>) => (): void => void action.run(work);
  const emptied = (): void => setComment('');
  /** With the comment, which is then said. */
  const saying = (work: (id: string, words: ReturnType<typeof said>) => Promise<unknown>) => (): void =>
    void action.run((id) => work(id, said(comment))).then((isDone) => isDone && emptied());
  const assign = (user_id: string | null) =>
    run((id) => client.value!.assignAlarm({ alarm_id: alarm.id, user_id }, { id }));
  return (
    <section class="form" aria-label="What is done about it">
      <TextArea
        label="Comment"
        testId="comment"
        maxLength={2_000}
        placeholder="Said alone, or with what you do next"
        value={comment}
        set={setComment}
      />
      <div class="form-foot">
        <AckButton alarm={alarm} comment={comment} done={emptied} />
        {state === 'acknowledged' && (isMine || page.can_edit) && (
          <button
            type="button"
            class="button"
            data-testid="unack"
            onClick={saying((id, words) => client.value!.unackAlarm({ alarm_id: alarm.id, ...words }, { id }))}
          >
            Take back
          </button>
        )}
        {state !== 'none' && (page.can_edit || isMine) && (
          <button
            type="button"
            class="button"
            data-testid="clear"
            onClick={saying((id, words) => client.value!.clearAlarm({ alarm_id: alarm.id, ...words }, { id }))}
          >
            Clear
          </button>
        )}
        {comment.trim() !== '' && (
          <button
            type="button"
            class="button"
            data-testid="comment-save"
            onClick={() =>
              void action
                .run((id) => client.value!.commentAlarm({ alarm_id: alarm.id, text: comment }, { id }))
                .then((isDone) => isDone && emptied())
            }
          >
            <Icon name="edit" /> Comment
          </button>
        )}
        {(assignee === undefined || !isMe(assignee)) && (
          <button
            type="button"
            class="button"
            data-testid="assign-me"
            onClick={assign(client.value?.store.user?.id ?? null)}
          >
            I take it
          </button>
        )}
        {assignee !== undefined && (page.can_edit || isMe(assignee)) && (
          <button type="button" class="button" data-testid="unassign" onClick={assign(null)}>
            Unassign
          </button>
        )}
      </div>
      <Failure action={action} />
      {page.can_edit && <Snooze alarm={alarm} comment={comment} done={emptied} />}
      {page.can_edit && <Assign alarm={alarm} />}
    </section>
  );
}

function Assign({ alarm }: { alarm: Alarm }) {
  const action = useAction();
  const [name, setName] = useState('');
  const assign = async (): Promise<void> => {
    const isDone = await action.run(async (id) => {
      const user = await findUser(SERVER, token(), name.trim());
      if (!user) throw new Error(`There is no user with the name ${name.trim()}.`);
      await client.value!.assignAlarm({ alarm_id: alarm.id, user_id: user.id }, { id });
    });
    if (isDone) setName('');
  };
  return (
    <details class="more">
      <summary>Assign it to somebody</summary>
      <form class="form inline" onSubmit={submitted(assign)}>
        <Field
          label="Username"
          testId="assign-name"
          required
          spellcheck={false}
          autocapitalize="none"
          value={name}
          set={setName}
        />
        <Save action={action} label="Assign" testId="assign" isQuiet />
      </form>
    </details>
  );
}
