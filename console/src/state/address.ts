/**
 * The address: what is shown, with its filter and its sorting, after the `#`. So a view can be kept as a bookmark and sent to somebody,
 * and nothing of it reaches a server's log.
 */
import { computed, signal } from '@preact/signals';
import { routeOf } from './routes.js';

export interface Address {
  /** `pages/<id>`, `groups` … without slashes at its ends. */
  readonly path: string;
  readonly query: URLSearchParams;
}

function read(): Address {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { path, query: new URLSearchParams(query) };
}

const current = signal(read());
window.addEventListener('hashchange', () => {
  current.value = read();
});

export const address = computed(() => current.value);

/** `pages/3/history` → ['pages', '3', 'history'] */
export const segments = computed(() => current.value.path.split('/').map(decoded));

/** The page that is shown. */
export const route = computed(() => routeOf(segments.value));

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function hrefTo(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const set = Object.entries(query).filter((entry): entry is [string, string] => !!entry[1]);
  return `#/${path}${set.length > 0 ? `?${new URLSearchParams(set)}` : ''}`;
}

export const pageHref = (pageId: string, rest = ''): string => hrefTo(`pages/${encodeURIComponent(pageId)}${rest}`);

export function go(href: string): void {
  location.hash = href;
}

/** Changes the query of what is shown, without an entry in the browser's history. Empty text removes a name. */
export function setQuery(change: Readonly<Record<string, string | undefined>>): void {
  const { path, query } = current.peek();
  const next = { ...Object.fromEntries(query), ...change };
  history.replaceState(null, '', hrefTo(path, next));
  current.value = read();
}
