/** An event of the history as a sentence. */
import type { HistoryEvent } from '@alarm-server/client';

const KNOWN: Readonly<Record<string, string>> = {
  PageCreated: 'made the page',
  PageRenamed: 'renamed the page',
  PageDeleted: 'deleted the page',
  PageShared: 'changed who may see the page',
  PageLeft: 'left the page',
  PageTransferred: 'gave the page to another owner',
  AlarmCreated: 'created',
  AlarmUpdated: 'changed',
  AlarmTriggered: 'triggered',
  AlarmDeleted: 'deleted',
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

export function what(event: HistoryEvent): string {
  if (event.void) return `${spelled(event.type)}: without effect`;
  const verb = KNOWN[event.type] ?? spelled(event.type);
  const { data } = event;
  if (event.type === 'PageCreated' || event.type === 'PageRenamed') return `${verb}: ${text(data['name'])}`;
  if (event.type === 'PageShared' && data['subject_type'] !== undefined) return `${verb}: ${grant(data)}`;
  return typeof data['price'] === 'number' ? `${verb} at ${data['price']}` : verb;
}

function grant(data: HistoryEvent['data']): string {
  const right =
    data['can_edit'] === true ? 'may edit' : data['can_view'] === true ? 'may view' : 'may not see it any more';
  return `${text(data['subject_type'])} ${text(data['subject_id']).slice(0, 8)} ${right}`;
}
