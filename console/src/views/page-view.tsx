/** One page: its name, what can be done with it, and its alarms or their history. */
import type { Page } from '@alarm-server/client';
import { Icon } from '../parts/icon.js';
import { lazy } from '../parts/lazy.js';
import { Blank } from '../parts/lists.js';
import { acknowledgeOne, acknowledgePage, underWay } from '../state/acknowledging.js';
import { pageHref, setQuery } from '../state/address.js';
import { chosen } from '../state/chosen.js';
import { toEach } from '../state/each.js';
import { count, plural } from '../state/format.js';
import { stateOf } from '../state/life.js';
import { store } from '../state/live.js';
import { filterText, putInOrder, rows } from '../state/table.js';
import { openCounts } from '../state/title.js';
import { open } from '../state/ui.js';
import { AlarmTable } from './alarm-table.js';

const ChosenBar = lazy(async () => (await import('./chosen-bar.js')).ChosenBar);

export function PageView({ id }: { id: string }) {
  const page = store.value?.held.pages.get(id);
  if (!page)
    return (
      <Blank icon="pages" isAll title="You cannot see this page.">
        <p>It does not exist, it was deleted, or it is no longer shared with you.</p>
      </Blank>
    );
  return (
    <section class="page" aria-labelledby="page-title">
      <PageHead page={page} />
      <Alarms page={page} />
    </section>
  );
}

export const rightOf = (page: Page): string =>
  page.is_owner ? 'You own it' : page.can_edit ? 'You may edit' : 'You may view';

function PageHead({ page }: { page: Page }) {
  return (
    <header class="page-head">
      <div class="page-title">
        <h1 id="page-title" title={page.name}>
          <bdi>{page.name}</bdi>
        </h1>
        <span class="tag">{rightOf(page)}</span>
      </div>
      <div class="actions">
        {page.can_edit && (
          <button
            type="button"
            class="button primary"
            data-testid="new-alarm"
            onClick={() => open({ kind: 'new-alarm', pageId: page.id })}
          >
            <Icon name="plus" /> New alarm
          </button>
        )}
        <AckAll page={page} />
        {page.is_owner && (
          <button
            type="button"
            class="button"
            data-testid="share"
            title="Share the page"
            onClick={() => open({ kind: 'share', pageId: page.id })}
          >
            <Icon name="share" /> <span class="wide">Share</span>
          </button>
        )}
        <a class="button" data-testid="history" title="What happened here" href={pageHref(page.id, '/history')}>
          <Icon name="history" /> <span class="wide">History</span>
        </a>
        {!page.is_owner && (
          <button
            type="button"
            class="button"
            data-testid="leave"
            title="Leave the page"
            onClick={() => open({ kind: 'leave-page', pageId: page.id })}
          >
            <Icon name="signOut" /> <span class="wide">Leave</span>
          </button>
        )}
        {page.is_owner && (
          <>
            <button
              type="button"
              class="button"
              title="Rename the page"
              onClick={() => open({ kind: 'rename-page', pageId: page.id })}
            >
              <Icon name="edit" /> <span class="wide">Rename</span>
            </button>
            <button
              type="button"
              class="button"
              aria-label="Delete the page"
              title="Delete the page"
              onClick={() => open({ kind: 'delete-page', pageId: page.id })}
            >
              <Icon name="trash" />
            </button>
          </>
        )}
      </div>
    </header>
  );
}

/** Acknowledges every open alarm, as far as the person has the page before them; with a filter, those that fit it. */
function AckAll({ page }: { page: Page }) {
  if (!openCounts.value.occurrences.has(page.id)) return null;
  const isFiltered = filterText.value.trim() !== '';
  const open = rows.value.rows.filter((alarm) => stateOf(alarm) === 'open');
  if (open.length === 0) return null;
  const isWaiting = underWay.value.has(page.id);
  const run = (): void =>
    void (isFiltered ? toEach(open, 'acknowledged', acknowledgeOne) : acknowledgePage(page, open));
  return (
    <button type="button" class="button" data-testid="ack-all" aria-disabled={isWaiting} onClick={run}>
      {isWaiting ? <span class="spinner" aria-hidden="true" /> : <Icon name="check" />}
      {isFiltered ? `Acknowledge ${count(open.length)} shown` : `Acknowledge all ${count(open.length)}`}
    </button>
  );
}

function Alarms({ page }: { page: Page }) {
  const { rows: shown, total, moved } = rows.value;
  if (total === 0)
    return (
      <Blank icon="bell" title="No alarms on this page.">
        <p>{page.can_edit ? 'Press “New alarm”, or n.' : 'Its owner, and those who may edit, add them.'}</p>
      </Blank>
    );
  return (
    <>
      <div class="toolbar">
        <label class="filter">
          <span class="only-read">Filter the alarms</span>
          <input
            type="search"
            data-testid="filter"
            placeholder="Filter: ticker, condition, state …"
            value={filterText.value}
            onInput={({ currentTarget }) => setQuery({ filter: currentTarget.value })}
            onKeyDown={({ key, currentTarget }) => key === 'Escape' && currentTarget.blur()}
          />
        </label>
        <span class="shown" role="status">
          {shown.length === total ? plural(total, 'alarm') : `${count(shown.length)} of ${plural(total, 'alarm')}`}
        </span>
        {moved > 0 && (
          <button type="button" class="button small" onClick={putInOrder}>
            {count(moved)} changed: put in order
          </button>
        )}
      </div>
      {chosen.value.length > 0 && <ChosenBar page={page} />}
      {shown.length === 0 ? (
        <Blank icon="bell" title="No alarm fits the filter.">
          <button type="button" class="button" onClick={() => setQuery({ filter: undefined })}>
            Show all {plural(total, 'alarm')}
          </button>
        </Blank>
      ) : (
        <AlarmTable key={page.id} page={page} />
      )}
    </>
  );
}
