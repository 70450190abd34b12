/** Commands for the load: each is chosen by chance from what its user sees, and can go over the socket or over HTTP. */
import type { AlarmStore } from '@alarm-server/client';
import { markOf } from './log-events.js';
import type { Random } from './random.js';

/** Kept small, so that a start does not get longer with the rounds. */
const ALARMS_A_PAGE = 20;
const PAGES_A_USER = 3;

export interface Order {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Content that no other order has, if it has any. */
  readonly mark: string | undefined;
}

/** The subjects that pages are shared with. */
export interface Others {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** What makes the orders' contents different from each other. */
export type NextNumber = () => number;

const order = (type: string, payload: Readonly<Record<string, unknown>>): Order => ({
  type,
  payload,
  mark: markOf(payload),
});

/** Something that the user may do, as far as they know. `isMarked` asks for an order with content of its own. */
export function chooseOrder(
  random: Random,
  { pages, alarmsOf }: TraderView,
  me: string,
  others: Others,
  next: NextNumber,
  isMarked: boolean,
): Order {
  const mine = [...pages.values()].filter((page) => page.is_owner);
  const page = random.among([...pages.values()]);
  const own = random.among(mine);
  const alarms = page ? alarmsOf(page.id) : [];
  const alarm = random.among(alarms);
  const dice = random.next();
  const name = (): string => `${random.among(['Desk', 'Büro', 'Marché'])} ${next()}`;

  if (!page || mine.length === 0 || (dice < 0.01 && mine.length < PAGES_A_USER))
    return order('create_page', { name: name() });
  if (own && dice < 0.04) return order('rename_page', { page_id: own.id, name: name() });
  if (dice < 0.05) return order('create_group', { name: name() });
  if (!isMarked && own && dice < 0.06 && mine.length > 1) return order('delete_page', { page_id: own.id });
  if (!isMarked && own && dice < 0.12) return share(random, own.id, others);
  if (!isMarked && dice < 0.15)
    return order(random.chance(0.5) ? 'add_group_member' : 'remove_group_member', {
      group_id: random.among(others.groups),
      user_id: random.among(others.users.filter((user) => user !== me)),
    });
  if (!isMarked && alarm && dice < 0.2 + (alarms.length > ALARMS_A_PAGE ? 0.3 : 0))
    return order('delete_alarm', { alarm_id: alarm.id });
  if (!alarm || dice > 0.85)
    return order('create_alarm', { page_id: page.id, ticker: `EUR/${next()}`, option: 'spot', condition: 'above' });
  if (dice > 0.7)
    return order('update_alarm', { alarm_id: alarm.id, ticker: `USD/${next()}`, active: random.chance(0.9) });
  return order('trigger_alarm', { alarm_id: alarm.id, price: next() });
}

interface TraderView extends Pick<AlarmStore, 'pages'> {
  readonly alarmsOf: AlarmStore['alarmsOf'];
}

function share(random: Random, page_id: string, { users, groups }: Others): Order {
  const subject_type = random.chance(0.7) ? 'user' : 'group';
  const can_edit = random.chance(0.5);
  return order('share_page', {
    page_id,
    subject_type,
    subject_id: random.among(subject_type === 'user' ? users : groups),
    can_view: can_edit || random.chance(0.7),
    can_edit,
  });
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

/** Groups are changed over HTTP only. */
export const isForHttpOnly = ({ type }: Order): boolean => type.includes('group');

/** The same order as an HTTP request. */
export function asRequest({ type, payload }: Order): Route {
  const { page_id, alarm_id, group_id, user_id, ...body } = payload as Record<string, string>;
  const routes: Readonly<Record<string, Route>> = {
    create_page: { method: 'POST', path: '/pages', body },
    rename_page: { method: 'PATCH', path: `/pages/${page_id}`, body },
    delete_page: { method: 'DELETE', path: `/pages/${page_id}` },
    share_page: { method: 'POST', path: `/pages/${page_id}/shares`, body },
    leave_page: { method: 'POST', path: `/pages/${page_id}/leave` },
    transfer_page: { method: 'POST', path: `/pages/${page_id}/transfer`, body },
    create_alarm: { method: 'POST', path: `/pages/${page_id}/alarms`, body },
    update_alarm: { method: 'PATCH', path: `/alarms/${alarm_id}`, body },
    delete_alarm: { method: 'DELETE', path: `/alarms/${alarm_id}` },
    trigger_alarm: { method: 'POST', path: `/alarms/${alarm_id}/trigger`, body },
    ack_page: { method: 'POST', path: `/pages/${page_id}/ack`, body },
    ack_alarm: { method: 'POST', path: `/alarms/${alarm_id}/ack`, body },
    unack_alarm: { method: 'POST', path: `/alarms/${alarm_id}/unack`, body },
    clear_alarm: { method: 'POST', path: `/alarms/${alarm_id}/clear`, body },
    snooze_alarm: { method: 'POST', path: `/alarms/${alarm_id}/snooze`, body },
    unsnooze_alarm: { method: 'POST', path: `/alarms/${alarm_id}/unsnooze` },
    assign_alarm: { method: 'POST', path: `/alarms/${alarm_id}/assign`, body: { user_id } },
    comment_alarm: { method: 'POST', path: `/alarms/${alarm_id}/comments`, body },
    create_group: { method: 'POST', path: '/groups', body },
    delete_group: { method: 'DELETE', path: `/groups/${group_id}` },
    transfer_group: { method: 'POST', path: `/groups/${group_id}/transfer`, body },
    add_group_member: { method: 'POST', path: `/groups/${group_id}/members/${user_id}` },
    remove_group_member: { method: 'DELETE', path: `/groups/${group_id}/members/${user_id}` },
  };
  return routes[type]!;
}
