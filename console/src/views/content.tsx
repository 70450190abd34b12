/** What is shown at each address (state/routes.ts). Pages that not everybody needs are loaded when they are first shown. */
import type { JSX } from 'preact';
import { Icon } from '../parts/icon.js';
import { lazy } from '../parts/lazy.js';
import { Blank } from '../parts/lists.js';
import { route } from '../state/address.js';
import { store } from '../state/live.js';
import type { RouteName } from '../state/routes.js';
import { open } from '../state/ui.js';
import { PageView } from './page-view.js';

const Audit = lazy(async () => (await import('./audit.js')).Audit);
const Groups = lazy(async () => (await import('./groups.js')).Groups);
const History = lazy(async () => (await import('./history.js')).History);
const Operations = lazy(async () => (await import('./operations.js')).Operations);
const Programs = lazy(async () => (await import('./programs.js')).Programs);

const audit = (): JSX.Element => <Audit />;

/** By the route; `id`: what the address has in the place of `:id`. */
const pages: Readonly<Record<RouteName, (id: string) => JSX.Element>> = {
  start: () => <Start />,
  alarms: (id) => <PageView id={id} />,
  history: (id) => <History key={id} pageId={id} />,
  groups: () => <Groups />,
  programs: () => <Programs />,
  operations: () => <Operations />,
  'audit-pages': audit,
  'audit-page': audit,
  'audit-people': audit,
  'audit-changes': audit,
  'audit-denied': audit,
  'audit-evidence': audit,
};

export function Content() {
  const { name, id } = route.value;
  return pages[name](id);
}

function Start() {
  const hasPages = (store.value?.held.pages.size ?? 0) > 0;
  return (
    <Blank icon="pages" isAll title={hasPages ? 'Choose a page.' : 'You have no pages yet.'}>
      <p>
        {hasPages
          ? 'Your pages and their open alarms are in the list of pages.'
          : 'Make one, or ask somebody to share one with you: it appears here at once.'}
      </p>
      {!hasPages && (
        <button type="button" class="button primary" onClick={() => open({ kind: 'new-page' })}>
          <Icon name="plus" /> New page
        </button>
      )}
    </Blank>
  );
}
