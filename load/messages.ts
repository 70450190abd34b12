/** The parts of a message that the tool checks: its pages and its purpose. Read from the seed's contract and this server's additions to it. */

/** An event of a page: what each viewer must get once, in order. */
export interface PageEvent {
  readonly kind: 'event';
  readonly page: string;
  /** Undefined where the server sends none: the base contract has no revisions. */
  readonly seq: number | undefined;
  /** The alarm that was triggered; undefined for any other event. */
  readonly triggered: string | undefined;
  /** The trigger's price, where the server repeats it. */
  readonly price: number | undefined;
  /** Of an event of an alarm: its id, what the update says more precisely than by its action, and what became of its triggers. */
  readonly alarm?: string | undefined;
  readonly change?: string | undefined;
  readonly status?: AlarmStatus | undefined;
}

/** What became of an alarm's triggers, where the server says it. */
export interface AlarmStatus {
  readonly state?: string;
  readonly first_seq?: number;
  readonly last_seq?: number;
  readonly count?: number;
  readonly ack?: { readonly upto: number };
}

/** A page's whole state, and with it a new start for its sequence. */
export interface PageState {
  readonly page: string;
  readonly seq: number | undefined;
}

export type Message =
  | PageEvent
  | { readonly kind: 'state'; readonly states: readonly PageState[] }
  | { readonly kind: 'added'; readonly state: PageState }
  | { readonly kind: 'removed'; readonly page: string }
  | { readonly kind: 'rights'; readonly page: string }
  /** `ack`: of the alarm in the answer. */
  | { readonly kind: 'success'; readonly id: string | undefined; readonly ack?: AlarmStatus['ack'] | undefined }
  | {
      readonly kind: 'error';
      readonly id: string | undefined;
      readonly text: string;
      readonly code?: string | undefined;
    }
  /** Is not about pages: `draining`, `token_expiring`. */
  | { readonly kind: 'notice' };

interface Wire {
  readonly type?: unknown;
  readonly id?: string;
  readonly payload: {
    readonly page_id?: string;
    readonly alarm_id?: string;
    readonly action?: string;
    readonly seq?: number;
    readonly message?: string;
    readonly change?: string;
    readonly code?: string;
    readonly data?: { readonly price?: number; readonly status?: AlarmStatus };
    readonly page?: { readonly id: string; readonly seq?: number };
    readonly pages?: readonly { readonly id: string; readonly seq?: number }[];
    readonly alarms?: readonly { readonly page_id: string }[];
  };
}

/** Throws an error with a sentence where `text` is no message of the contract. */
export function readMessage(text: string): Message {
  let message: Wire;
  try {
    message = JSON.parse(text) as Wire;
  } catch {
    throw new Error('a text frame that is not JSON');
  }
  const { type, payload, id } = message ?? {};
  if (typeof payload !== 'object' || payload === null) throw new Error('a message without a payload');
  switch (type) {
    case 'alarm_update':
      return {
        kind: 'event',
        page: payload.page_id ?? '',
        seq: payload.seq,
        triggered: payload.action === 'triggered' ? payload.alarm_id : undefined,
        price: payload.data?.price,
        alarm: payload.alarm_id,
        change: payload.change,
        status: payload.data?.status,
      };
    case 'page_update':
      return {
        kind: 'event',
        page: payload.page_id ?? payload.page?.id ?? '',
        seq: payload.seq,
        triggered: undefined,
        price: undefined,
      };
    case 'initial_state': {
      const states = new Map<string, PageState>();
      // An alarm of a page that is not listed is as much of a leak as the page.
      for (const { page_id } of payload.alarms ?? []) states.set(page_id, { page: page_id, seq: undefined });
      for (const { id: page, seq } of payload.pages ?? []) states.set(page, { page, seq });
      return { kind: 'state', states: [...states.values()] };
    }
    case 'page_added':
      return { kind: 'added', state: { page: payload.page?.id ?? '', seq: payload.page?.seq } };
    case 'page_removed':
      return { kind: 'removed', page: payload.page_id ?? '' };
    case 'page_rights':
      return { kind: 'rights', page: payload.page?.id ?? '' };
    case 'success':
      return { kind: 'success', id, ack: payload.data?.status?.ack };
    case 'error':
      return { kind: 'error', id, text: payload.message ?? 'an error without a message', code: payload.code };
    case 'draining':
    case 'token_expiring':
      return { kind: 'notice' };
    default:
      throw new Error(`a message of the unknown type ${JSON.stringify(type)?.slice(0, 40)}`);
  }
}
