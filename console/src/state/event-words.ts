/** An event of the history as a sentence. */
import type { HistoryEvent } from '@alarm-server/client';
import { groupNameOf, nameOf } from './names.js';

const KNOWN: Readonly<Record<string, string>> = {
  PageCreated: 'made the page',
  PageRenamed: 'renamed the page',
  PageDeleted: 'deleted the page',
  PageShared: 'changed who may see the page',
  PageLeft: 'left the page',
  PageAcknowledged: 'acknowledged all that was open',
  AlarmCreated: 'created',
  AlarmUpdated: 'changed',
  AlarmTriggered: 'triggered',
  AlarmDeleted: 'deleted',
  AlarmUnacknowledged: 'took the acknowledgement back',
  AlarmUnsnoozed: 'ended the snooze',
  AlarmRenotified: 'told again',
  AlarmCommented: 'commented',
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** `AlarmSnoozed` → "snoozed": for events that this page does not know by name. */
const spelled = (type: string): string =>
  type
    .replace(/^(Alarm|Page)/, '')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();

/** The alarm of an event: ticker, option and condition. */
export const subjectOf = ({ data }: HistoryEvent): string =>
  [text(data['ticker']), text(data['option']), text(data['condition'])].filter(Boolean).join(' · ');

/** `isAudited`: names are asked for as auditors do. */
export function what(event: HistoryEvent, isAudited = false): string {
  if (event.void) return `${spelled(event.type)}: without effect`;
  const verb = KNOWN[event.type] ?? spelled(event.type);
  const { data } = event;
  if (event.type === 'PageCreated' || event.type === 'PageRenamed') return `${verb}: ${text(data['name'])}`;
  if (event.type === 'PageTransferred') return `gave the page to ${nameOf(text(data['owner_id']), isAudited)}`;
  if (event.type === 'AlarmAssigned') return assigned(event, isAudited);
  if (event.type === 'PageShared' && data['subject_type'] !== undefined) return `${verb}: ${grant(data, isAudited)}`;
  return typeof data['price'] === 'number' ? `${verb} at ${data['price']}` : verb;
}

function grant(data: HistoryEvent['data'], isAudited: boolean): string {
  const right =
    data['can_edit'] === true ? 'may edit' : data['can_view'] === true ? 'may view' : 'may not see it any more';
  const id = text(data['subject_id']);
  return `${data['subject_type'] === 'group' ? groupNameOf(id, isAudited) : nameOf(id, isAudited)} ${right}`;
}

function assigned({ data, by }: HistoryEvent, isAudited: boolean): string {
  const { assignee } = (data['status'] ?? {}) as { readonly assignee?: string };
  if (assignee === by) return 'took it';
  return assignee === undefined ? 'unassigned' : `assigned to ${nameOf(assignee, isAudited)}`;
}
