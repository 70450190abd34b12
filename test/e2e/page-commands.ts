/** Every command on a page and every way to read one: the right it needs, and how it is said over the socket and over HTTP. */
import { alarmOn, grant } from './desk.js';

export type Needs = 'view' | 'edit' | 'own';

/** What a command or a read is about; ids need not exist. */
export interface Subject {
  readonly page: string;
  readonly alarm: string;
  /** The subject of a share_page. */
  readonly user: string;
}

export interface PageCommand {
  readonly type: string;
  readonly needs: Needs;
  readonly payload: (subject: Subject) => object;
  readonly method: string;
  readonly path: (subject: Subject) => string;
  readonly body?: (subject: Subject) => object;
  /** Over HTTP, when it is done. */
  readonly status: number;
}

const changes = { ticker: 'EUR/GBP' };
const share = ({ page, user }: Subject) => grant(page, 'user', user, 'view');
const withoutPage = ({ page_id: _, ...rest }: { page_id: string }): object => rest;

export const pageCommands: readonly PageCommand[] = [
  {
    type: 'trigger_alarm',
    needs: 'view',
    payload: ({ alarm }) => ({ alarm_id: alarm, price: 1.085 }),
    method: 'POST',
    path: ({ alarm }) => `/alarms/${alarm}/trigger`,
    body: () => ({ price: 1.085 }),
    status: 200,
  },
  {
    type: 'create_alarm',
    needs: 'edit',
    payload: ({ page }) => alarmOn(page),
    method: 'POST',
    path: ({ page }) => `/pages/${page}/alarms`,
    body: ({ page }) => withoutPage(alarmOn(page)),
    status: 201,
  },
  {
    type: 'update_alarm',
    needs: 'edit',
    payload: ({ alarm }) => ({ alarm_id: alarm, ...changes }),
    method: 'PATCH',
    path: ({ alarm }) => `/alarms/${alarm}`,
    body: () => changes,
    status: 200,
  },
  {
    type: 'delete_alarm',
    needs: 'edit',
    payload: ({ alarm }) => ({ alarm_id: alarm }),
    method: 'DELETE',
    path: ({ alarm }) => `/alarms/${alarm}`,
    status: 204,
  },
  {
    type: 'rename_page',
    needs: 'own',
    payload: ({ page }) => ({ page_id: page, name: 'Renamed' }),
    method: 'PATCH',
    path: ({ page }) => `/pages/${page}`,
    body: () => ({ name: 'Renamed' }),
    status: 200,
  },
  {
    type: 'share_page',
    needs: 'own',
    payload: share,
    method: 'POST',
    path: ({ page }) => `/pages/${page}/shares`,
    body: (subject) => withoutPage(share(subject)),
    status: 201,
  },
  {
    type: 'delete_page',
    needs: 'own',
    payload: ({ page }) => ({ page_id: page }),
    method: 'DELETE',
    path: ({ page }) => `/pages/${page}`,
    status: 204,
  },
];

export interface PageRead {
  readonly needs: Needs;
  readonly path: (subject: Subject) => string;
}

export const pageReads: readonly PageRead[] = [
  { needs: 'view', path: ({ page }) => `/pages/${page}` },
  { needs: 'view', path: ({ page }) => `/pages/${page}/events` },
  { needs: 'view', path: ({ alarm }) => `/alarms/${alarm}` },
  { needs: 'view', path: ({ alarm }) => `/alarms/${alarm}/events` },
  { needs: 'own', path: ({ page }) => `/pages/${page}/shares` },
];
