/** One page: its name, what can be done with it, and its alarms or their history. */
import type { Page } from '@alarm-server/client';
import { Icon } from '../parts/icon.js';
import { Blank } from '../parts/lists.js';
import { acknowledgeAll } from '../state/acknowledging.js';
import { pageHref, setQuery } from '../state/address.js';
import { count, plural } from '../state/format.js';
import { needsAttention } from '../state/life.js';
import { store } from '../state/live.js';
import { filterText, putInOrder, rows } from '../state/table.js';
import { openCounts } from '../state/title.js';
import { open } from '../state/ui.js';
import { AlarmTable } from './alarm-table.js';

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
            onClick={() => open({ kind: 'share', pageId: page.id })}
          >
            <Icon name="share" /> Share
          </button>
        )}
        <a class="button" data-testid="history" href={pageHref(page.id, '/history')}>
          <Icon name="history" /> History
        </a>
        {page.is_owner && (
          <>
            <button type="button" class="button" onClick={() => open({ kind: 'rename-page', pageId: page.id })}>
              <Icon name="edit" /> Rename
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

/** Acknowledges what is open and fits the filter: what the person has before them. */
function AckAll({ page }: { page: Page }) {
  const open = (openCounts.value.byPage.get(page.id) ?? 0) > 0 ? rows.value.rows.filter(needsAttention) : [];
  if (open.length === 0) return null;
  return (
    <button type="button" class="button" data-testid="ack-all" onClick={() => void acknowledgeAll(open)}>
      <Icon name="check" /> Acknowledge {count(open.length)}
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
