/** The frame: pages at the left, the content, a drawer at the right, and the status bar. */
import { Icon } from '../parts/icon.js';
import { lazy } from '../parts/lazy.js';
import { Blank, Loading } from '../parts/lists.js';
import { segments } from '../state/address.js';
import { store } from '../state/live.js';
import { notices, panel, putAway, showsPages } from '../state/ui.js';
import { AlarmDrawer } from './alarm-drawer.js';
import { NewAlarmDrawer } from './new-alarm-drawer.js';
import { PageDialogs } from './page-dialogs.js';
import { PageList } from './page-list.js';
import { PageView } from './page-view.js';
import { StatusBar } from './status-bar.js';

const Audit = lazy(async () => (await import('./audit.js')).Audit);
const Groups = lazy(async () => (await import('./groups.js')).Groups);
const History = lazy(async () => (await import('./history.js')).History);
const Operations = lazy(async () => (await import('./operations.js')).Operations);
const Programs = lazy(async () => (await import('./programs.js')).Programs);
const ShareDrawer = lazy(async () => (await import('./share-drawer.js')).ShareDrawer);
const Help = lazy(async () => (await import('./help.js')).Help);

export function Frame() {
  const isReady = store.value !== undefined;
  return (
    <div class="frame" data-shows-pages={showsPages.value}>
      <button type="button" class="button skip" onClick={() => document.getElementById('content')?.focus()}>
        Skip to the alarms
      </button>
      <PageList />
      <main class="content" id="content" tabIndex={-1}>
        {isReady ? <Content /> : <Loading what="your pages" />}
      </main>
      <Drawer />
      <StatusBar />
      <Notices />
      <PageDialogs />
      {panel.value?.kind === 'help' && <Help />}
    </div>
  );
}

function Content() {
  const [kind = '', id = ''] = segments.value;
  if (kind === 'pages' && id !== '')
    return segments.value[2] === 'history' ? <History key={id} pageId={id} /> : <PageView id={id} />;
  if (kind === 'groups') return <Groups />;
  if (kind === 'audit') return <Audit />;
  if (kind === 'operations') return <Operations />;
  if (kind === 'programs') return <Programs />;
  const first = store.value?.held.pages.size ?? 0;
  return (
    <Blank icon="pages" isAll title={first === 0 ? 'You have no pages yet.' : 'Choose a page.'}>
      <p>
        {first === 0
          ? 'Make one, or ask somebody to share one with you: it appears here at once.'
          : 'Your pages and their open alarms are at the left.'}
      </p>
    </Blank>
  );
}

function Drawer() {
  const shown = panel.value;
  if (shown?.kind === 'new-alarm') return <NewAlarmDrawer key={shown.pageId} pageId={shown.pageId} />;
  if (shown?.kind === 'share') return <ShareDrawer key={shown.pageId} pageId={shown.pageId} />;
  if (shown?.kind === 'alarm')
    return <AlarmDrawer key={shown.alarmId} alarmId={shown.alarmId} isEditing={shown.isEditing ?? false} />;
  return null;
}

const Notices = () => (
  <div class="notices" aria-live="polite">
    {notices.value.map(({ id, text, isBad }) => (
      <div key={id} class={`notice ${isBad ? 'bad' : ''}`}>
        <Icon name={isBad ? 'alert' : 'check'} />
        <span>{text}</span>
        <button type="button" class="button bare" aria-label="Put away" onClick={() => putAway(id)}>
          <Icon name="close" />
        </button>
      </div>
    ))}
  </div>
);
