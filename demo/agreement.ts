/** The proof at the end: what a desk's store holds is what the server shows its person, page by page and alarm by alarm. */
import { isDeepStrictEqual } from 'node:util';
import { type Alarm, AlarmServerError, type AlarmStore, type Page } from '@alarm-server/client';
import { count, type Desk, get } from './desk.js';

/** How long an update may still be on its way when the server has been asked, in milliseconds. */
const PATIENCE_MS = 2_000;

interface PageState {
  readonly page: Page;
  readonly alarms: readonly Alarm[];
}

export interface Verdict {
  readonly agrees: boolean;
  /** What was compared, or in what it differs. */
  readonly sentence: string;
}

/** `pageId`: a page of interest, which the desk need not see. Nothing may be changed meanwhile. */
export async function agreement(url: string, desk: Desk, pageId: string): Promise<Verdict> {
  const shown = await shownBy(url, desk);
  const deadline = Date.now() + PATIENCE_MS;
  while (!isDeepStrictEqual(heldIn(desk.client.store), shown)) {
    const timeoutMs = deadline - Date.now();
    const isNews =
      timeoutMs > 0 &&
      (await desk.client
        .waitFor(() => true, { timeoutMs })
        .then(
          () => true,
          () => false,
        ));
    if (!isNews)
      return {
        agrees: false,
        sentence: `its store holds ${JSON.stringify(heldIn(desk.client.store))}, the server shows ${JSON.stringify(shown)}`,
      };
  }
  const [fault] = desk.faults;
  if (fault !== undefined) return { agrees: false, sentence: fault };
  const state = shown.find(({ page }) => page.id === pageId);
  const answer = state
    ? `${count(state.alarms.length, 'alarm')} at seq ${state.page.seq}`
    : await refusalOf(url, desk, pageId);
  return { agrees: true, sentence: `holds what the server shows: ${answer}` };
}

const heldIn = (store: AlarmStore): PageState[] =>
  inOrder(Array.from(store.pages.values(), (page) => ({ page, alarms: store.alarmsOf(page.id) })));

async function shownBy(url: string, desk: Desk): Promise<PageState[]> {
  const pages = await get<Page[]>(url, '/pages', desk);
  return inOrder(await Promise.all(pages.map(({ id }) => get<PageState>(url, `/pages/${id}`, desk))));
}

const inOrder = (states: readonly PageState[]): PageState[] =>
  states.map(({ page, alarms }) => ({ page, alarms: [...alarms].sort(byId) })).sort((a, b) => byId(a.page, b.page));

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);

async function refusalOf(url: string, desk: Desk, pageId: string): Promise<string> {
  try {
    await get(url, `/pages/${pageId}`, desk);
  } catch (error) {
    if (error instanceof AlarmServerError) return `no page (${error.status}, ${error.detail})`;
    throw error;
  }
  return 'no page';
}
