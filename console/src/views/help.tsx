/** Help: the keys, the sound, the looks, and what runs here. */
import { request } from '@alarm-server/client';
import { Dialog } from '../parts/dialog.js';
import { Icon } from '../parts/icon.js';
import { keys, places } from '../state/keys.js';
import { useLoaded } from '../state/loaded.js';
import { theme, usesKeys } from '../state/preferences.js';
import { SERVER } from '../state/session.js';
import { soundState, testSound } from '../state/sound.js';
import { close } from '../state/ui.js';

export function Help() {
  return (
    <Dialog title="Help" close={close}>
      <h3>Keys</h3>
      <dl class="keys">
        {keys.map(({ key, what }) => (
          <Line key={key} shown={[key]} what={what} />
        ))}
        {places.map(({ key, what }) => (
          <Line key={`g${key}`} shown={['g', key]} what={what} />
        ))}
        <Line shown={['Enter']} what="Open the row" />
        <Line shown={['Esc']} what="Close what is open" />
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={usesKeys.value}
          onChange={({ currentTarget }) => (usesKeys.value = currentTarget.checked)}
        />
        Single keys do something
      </label>
      <h3>Sound</h3>
      <p>
        <button type="button" class="button" onClick={() => void testSound()}>
          <Icon name="sound" /> Play the sound
        </button>{' '}
        It is {soundState.value}; the status bar switches it.
      </p>
      <h3>Looks</h3>
      <p class="choices">
        {(['system', 'light', 'dark'] as const).map((name) => (
          <label key={name} class="check">
            <input type="radio" name="theme" checked={theme.value === name} onChange={() => (theme.value = name)} />
            {{ system: 'As the computer', light: 'Light', dark: 'Dark' }[name]}
          </label>
        ))}
      </p>
      <h3>Versions</h3>
      <p>
        Console {CONSOLE_VERSION} · <ServerVersion /> · <a href="/docs">the API</a> ·{' '}
        <a href="/console/files/licences.txt">licences</a>
      </p>
    </Dialog>
  );
}

function ServerVersion() {
  const { value, failure } = useLoaded(
    async () => (await request<{ version: string }>(SERVER, 'GET', '/health')).data.version,
    [],
  );
  return <>server {value ?? (failure === undefined ? '…' : 'unknown')}</>;
}

const Line = ({ shown, what }: { shown: readonly string[]; what: string }) => (
  <>
    <dt>
      {shown.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </dt>
    <dd>{what}</dd>
  </>
);
