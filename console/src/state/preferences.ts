/** What a person has set in this browser: kept in localStorage, the same in all of its tabs. */
import { effect, type Signal, signal } from '@preact/signals';

const keyOf = (name: string): string => `alarm-console.${name}`;

export function preference<Value>(name: string, fallback: Value): Signal<Value> {
  const kept = signal(stored(name, fallback));
  effect(() => {
    const { value } = kept;
    try {
      if (value === fallback) localStorage.removeItem(keyOf(name));
      else localStorage.setItem(keyOf(name), JSON.stringify(value));
    } catch {
      // Storage may be forbidden or full: the setting then lasts as long as the tab.
    }
  });
  window.addEventListener('storage', ({ key }) => {
    if (key === keyOf(name)) kept.value = stored(name, fallback);
  });
  return kept;
}

function stored<Value>(name: string, fallback: Value): Value {
  try {
    const text = localStorage.getItem(keyOf(name));
    return text === null ? fallback : (JSON.parse(text) as Value);
  } catch {
    return fallback;
  }
}

/** Times as UTC or as of this computer's zone. */
export const zone = preference<'utc' | 'local'>('zone', 'local');
/** Whether single keys do something. */
export const usesKeys = preference('keys', true);
export const theme = preference<'system' | 'light' | 'dark'>('theme', 'system');
