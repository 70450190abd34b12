/** The frame: pages at the left, the content, a drawer at the right, and the status bar. */
import { Icon } from '../parts/icon.js';
import { Loading } from '../parts/lists.js';
import { store } from '../state/live.js';
import { notices, putAway, showsPages } from '../state/ui.js';
import { Content } from './content.js';
import { PageList } from './page-list.js';
import { Panel } from './panels.js';
import { StatusBar } from './status-bar.js';

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
      <Panel isIn="drawer" />
      <StatusBar />
      <Notices />
      <Panel isIn="dialog" />
    </div>
  );
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
