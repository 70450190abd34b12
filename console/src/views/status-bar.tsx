/** The status bar: what the connection is worth, in words, and what concerns the whole page. */
import { Icon } from '../parts/icon.js';
import { type ConnectionState, words } from '../state/connection-view.js';
import { duration, plural, zoneName } from '../state/format.js';
import { connection, lastHeardMs, roundTripMs } from '../state/live.js';
import { zone } from '../state/preferences.js';
import { soundState, unlock, wantsSound } from '../state/sound.js';

/** A shape for each state, so that colour is not the only sign. */
const SIGNS: Readonly<Record<ConnectionState, string>> = {
  connecting: '◌',
  'catching-up': '◔',
  live: '●',
  stale: '◐',
  offline: '○',
  'signed-out': '–',
};

export function StatusBar() {
  const { state, waiting } = connection.value;
  return (
    <footer class="status">
      <span class="connection" data-testid="connection" data-state={state} role="status">
        <span class="sign" aria-hidden="true">
          {SIGNS[state]}
        </span>
        {words[state]}
        {waiting > 0 && `, ${plural(waiting, 'command')} not confirmed`}
      </span>
      {(state === 'live' || state === 'stale' || state === 'offline') && (
        <span class="status-part">{heard(Math.floor(lastHeardMs() / 1_000))}</span>
      )}
      {state === 'live' && roundTripMs.value !== undefined && (
        <span class="status-part" title="Time from a question to the server's answer">
          {duration(roundTripMs.value)} there and back
        </span>
      )}
      <span class="status-space" />
      <button
        type="button"
        class="status-button"
        title="Times are shown in this zone. Click to change"
        onClick={() => (zone.value = zone.value === 'utc' ? 'local' : 'utc')}
      >
        {zoneName()}
      </button>
      <Sound />
      <span class="status-part">v{CONSOLE_VERSION}</span>
    </footer>
  );
}

const heard = (seconds: number): string => (seconds < 1 ? 'Heard just now' : `Heard ${duration(seconds * 1_000)} ago`);

function Sound() {
  const state = soundState.value;
  const toggle = (): void => {
    if (state === 'blocked') void unlock();
    else {
      wantsSound.value = !wantsSound.value;
      if (wantsSound.value) void unlock();
    }
  };
  const title =
    state === 'blocked' ? 'The browser keeps this page silent until you click here' : 'A sound for each trigger';
  return (
    <button type="button" class="status-button" title={title} onClick={toggle}>
      <Icon name={state === 'on' ? 'sound' : 'mute'} /> Sound {state}
    </button>
  );
}
