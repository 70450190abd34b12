/** The pages at the left, each with its open alarms; below them what belongs to no page. */
import type { Page } from '@alarm-server/client';
import { Icon } from '../parts/icon.js';
import { hrefTo, pageHref, route } from '../state/address.js';
import { count, plural } from '../state/format.js';
import { store } from '../state/live.js';
import { isAuditor, isOperator } from '../state/me.js';
import { compare } from '../state/rows.js';
import { signOut } from '../state/session.js';
import { openCounts } from '../state/title.js';
import { open, showsPages } from '../state/ui.js';

const byName = (a: Page, b: Page): number =>
  compare(a.name.toLocaleLowerCase(), b.name.toLocaleLowerCase()) || compare(a.id, b.id);

export function PageList() {
  const pages = [...(store.value?.held.pages.values() ?? [])].sort(byName);
  const { name, id } = route.value;
  const current = name === 'alarms' || name === 'history' ? id : undefined;
  const user = store.value?.held.user;
  const { all, byPage } = openCounts.value;
  return (
    <nav class="side" aria-label="Pages">
      <button
        type="button"
        class="button side-toggle"
        aria-expanded={showsPages.value}
        onClick={() => (showsPages.value = !showsPages.value)}
      >
        <Icon name="pages" /> Pages
        {all > 0 && <span class="badge">{count(all)}</span>}
      </button>
      <div class="side-body">
        <div class="side-head">
          <h2>Pages</h2>
          <button type="button" class="button bare" data-testid="new-page" onClick={() => open({ kind: 'new-page' })}>
            <Icon name="plus" /> New page
          </button>
        </div>
        <ul class="pages" data-testid="page-list">
          {pages.map((page) => (
            <li key={page.id}>
              <a
                class="page-item"
                data-testid="page-item"
                data-page-id={page.id}
                href={pageHref(page.id)}
                aria-current={current === page.id ? 'page' : undefined}
                title={page.name}
                onClick={() => (showsPages.value = false)}
              >
                <bdi class="page-name">{page.name}</bdi>
                <Open value={byPage.get(page.id) ?? 0} />
              </a>
            </li>
          ))}
        </ul>
        <div class="side-foot">
          <a class="side-link" href={hrefTo('groups')} aria-current={name === 'groups' ? 'page' : undefined}>
            <Icon name="group" /> Groups
          </a>
          <a
            class="side-link"
            data-testid="programs"
            href={hrefTo('programs')}
            aria-current={name === 'programs' ? 'page' : undefined}
          >
            <Icon name="key" /> Programs
          </a>
          {isAuditor.value && (
            <a
              class="side-link"
              data-testid="audit"
              href={hrefTo('audit')}
              aria-current={name.startsWith('audit-') ? 'page' : undefined}
            >
              <Icon name="history" /> Audit
            </a>
          )}
          {isOperator.value && (
            <a
              class="side-link"
              data-testid="operations"
              href={hrefTo('operations')}
              aria-current={name === 'operations' ? 'page' : undefined}
            >
              <Icon name="gauge" /> Operations
            </a>
          )}
          <button type="button" class="side-link" onClick={() => open({ kind: 'help' })}>
            <Icon name="help" /> Help and keys
          </button>
          <div class="me">
            <bdi class="page-name" title={user?.username}>
              {user?.username ?? '…'}
            </bdi>
            <button type="button" class="button bare" data-testid="sign-out" onClick={() => void signOut()}>
              <Icon name="signOut" /> Sign out
            </button>
          </div>
        </div>
      </div>
    </nav>
  );
}

const Open = ({ value }: { value: number }) =>
  value > 0 ? (
    <span class="badge" title={plural(value, 'open alarm')}>
      {count(value)}
      <span class="only-read"> open</span>
    </span>
  ) : null;
