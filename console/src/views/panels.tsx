/** The drawer at the right and the dialog above the page: at most one of them is open (state/ui.ts). */
import type { JSX } from 'preact';
import { lazy } from '../parts/lazy.js';
import { panel, panelKinds, type Panel as Shown } from '../state/ui.js';
import { AlarmDrawer } from './alarm-drawer.js';
import { NewAlarmDrawer } from './new-alarm-drawer.js';
import { DeletePage, LeavePage, NewPage, RenamePage } from './page-dialogs.js';

const Help = lazy(async () => (await import('./help.js')).Help);
const ShareDrawer = lazy(async () => (await import('./share-drawer.js')).ShareDrawer);

type Views = { readonly [Kind in Shown['kind']]: (shown: Extract<Shown, { readonly kind: Kind }>) => JSX.Element };

const views: Views = {
  'new-alarm': ({ pageId }) => <NewAlarmDrawer key={pageId} pageId={pageId} />,
  alarm: ({ alarmId, isEditing = false }) => <AlarmDrawer key={alarmId} alarmId={alarmId} isEditing={isEditing} />,
  share: ({ pageId }) => <ShareDrawer key={pageId} pageId={pageId} />,
  'new-page': () => <NewPage />,
  'rename-page': ({ pageId }) => <RenamePage id={pageId} />,
  'delete-page': ({ pageId }) => <DeletePage id={pageId} />,
  'leave-page': ({ pageId }) => <LeavePage id={pageId} />,
  help: () => <Help />,
};

/** What is open, if it is of this sort. */
export function Panel({ isIn }: { isIn: 'drawer' | 'dialog' }) {
  const shown = panel.value;
  if (shown === undefined || panelKinds[shown.kind] !== isIn) return null;
  return (views[shown.kind] as (shown: Shown) => JSX.Element)(shown);
}
