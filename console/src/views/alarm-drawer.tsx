/** One alarm: what it is, what became of it, and what can be done with it. */
import type { Alarm, Page } from '@alarm-server/client';
import { useEffect, useState } from 'preact/hooks';
import { Drawer } from '../parts/drawer.js';
import { Field, Save, submitted } from '../parts/form.js';
import { FreeText } from '../parts/free-text.js';
import { Icon } from '../parts/icon.js';
import { Ago } from '../parts/time.js';
import { useAction } from '../state/commands.js';
import { price } from '../state/format.js';
import { livedOf, statusOf } from '../state/life.js';
import { client, store } from '../state/live.js';
import { seen } from '../state/marks.js';
import { close, tell } from '../state/ui.js';
import { AlarmEdit } from './alarm-edit.js';
import { SeveritySign, StateSign } from './columns.js';
import { Comments } from './comments.js';
import { Handling, HandlingFacts } from './handling.js';
import { SettingFacts } from './setting-facts.js';

export function AlarmDrawer({ alarmId, isEditing }: { alarmId: string; isEditing: boolean }) {
  const [edits, setEdits] = useState(isEditing);
  const alarm = store.value?.held.alarms.get(alarmId);
  const [last, setLast] = useState(alarm);
  useEffect(() => {
    if (alarm) setLast(alarm);
    seen(alarmId);
  }, [alarm]);
  useEffect(() => {
    if (isEditing) setEdits(true);
  }, [isEditing]);
  const shown = alarm ?? last;
  if (!shown)
    return (
      <Drawer title="Alarm">
        <p>This alarm does not exist any more.</p>
      </Drawer>
    );
  const page = store.value?.held.pages.get(shown.page_id);
  return (
    <Drawer title={edits ? `Edit ${shown.ticker}` : shown.ticker} startsAt={edits ? 'field' : 'title'}>
      {!alarm && <p class="failure">It was deleted meanwhile, or its page is no longer shared with you.</p>}
      {edits ? (
        <AlarmEdit key={alarmId} alarm={shown} page={page} isGone={!alarm} done={() => setEdits(false)} />
      ) : (
        <Details alarm={shown} page={alarm && page} edit={() => setEdits(true)} />
      )}
    </Drawer>
  );
}

function Details({ alarm, page, edit }: { alarm: Alarm; page: Page | undefined; edit: () => void }) {
  const lastPrice = statusOf(alarm).price;
  return (
    <>
      <Note alarm={alarm} />
      <dl class="facts">
        <dt>State</dt>
        <dd>
          <StateSign alarm={alarm} />
        </dd>
        <dt>Severity</dt>
        <dd>
          <SeveritySign alarm={alarm} />
        </dd>
        <dt>Ticker</dt>
        <dd>
          <bdi>{alarm.ticker}</bdi>
        </dd>
        <dt>Option</dt>
        <dd>{alarm.option ? <bdi>{alarm.option}</bdi> : <span class="nothing">none</span>}</dd>
        <dt>Condition</dt>
        <dd>{alarm.condition ? <bdi>{alarm.condition}</bdi> : <span class="nothing">none</span>}</dd>
        <dt>Last trigger</dt>
        <dd>
          <Ago at={alarm.last_triggered} />
          {lastPrice !== undefined && <> at {price(lastPrice)}</>}
        </dd>
        <HandlingFacts alarm={alarm} />
        <SettingFacts alarm={alarm} />
      </dl>
      {page && <Handling alarm={alarm} page={page} />}
      {page && <Comments alarm={alarm} />}
      {page?.can_edit && <Changes alarm={alarm} edit={edit} />}
      {page && alarm.active && <Trigger alarm={alarm} />}
    </>
  );
}

/** What to do when it fires. */
function Note({ alarm }: { alarm: Alarm }) {
  const { note } = livedOf(alarm);
  if (note === undefined) return null;
  return (
    <section class="sentence instruction" aria-label="What to do when it fires" data-testid="note">
      <FreeText text={note} />
    </section>
  );
}

function Changes({ alarm, edit }: { alarm: Alarm; edit: () => void }) {
  const action = useAction();
  const [asks, setAsks] = useState(false);
  const toggle = (): Promise<boolean> =>
    action.run((id) => client.value!.updateAlarm({ alarm_id: alarm.id, active: !alarm.active }, { id }));
  const remove = async (): Promise<void> => {
    const isDone = await action.run((id) => client.value!.deleteAlarm({ alarm_id: alarm.id }, { id }));
    if (!isDone) return;
    tell(`Alarm on ${alarm.ticker} deleted.`);
    close();
  };
  return (
    <form class="form" onSubmit={submitted(remove)}>
      {asks ? (
        <>
          <p>Delete this alarm? Its history stays, and it cannot be brought back.</p>
          <Save action={action} label="Delete alarm" testId="delete-alarm" isDanger cancel={() => setAsks(false)} />
        </>
      ) : (
        <>
          <div class="form-foot">
            <button type="button" class="button" onClick={edit}>
              <Icon name="edit" /> Edit
            </button>
            <button type="button" class="button" onClick={toggle} aria-disabled={action.state.value === 'waiting'}>
              <Icon name={alarm.active ? 'off' : 'check'} />
              {action.state.value === 'waiting' ? 'Not confirmed yet …' : alarm.active ? 'Switch off' : 'Switch on'}
            </button>
            <button type="button" class="button" onClick={() => setAsks(true)}>
              <Icon name="trash" /> Delete
            </button>
          </div>
          {action.state.value === 'failed' && <p class="failure">{action.failure.value}</p>}
        </>
      )}
    </form>
  );
}

/** A price as one types it: digits, a point or a comma, a sign. */
const asPrice = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')));

function Trigger({ alarm }: { alarm: Alarm }) {
  const action = useAction();
  const [text, setText] = useState('');
  const trigger = async (): Promise<void> => {
    const isDone = await action.run((id) =>
      client.value!.triggerAlarm({ alarm_id: alarm.id, price: asPrice(text) }, { id }),
    );
    if (isDone) setText('');
  };
  return (
    <details class="more">
      <summary>Trigger it by hand</summary>
      <form class="form" onSubmit={submitted(trigger)}>
        <Field
          label="Price"
          inputMode="decimal"
          required
          testId="trigger-price"
          value={text}
          set={setText}
          hint="Everybody who may see the page is told, as if a program had reported it."
        />
        <Save action={action} label="Trigger" testId="trigger" isOff={!Number.isFinite(asPrice(text))} />
      </form>
    </details>
  );
}
