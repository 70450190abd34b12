/** The commands of the socket: each command's payload and the data of its answer. */
import type { Alarm, Grant, Mode, Page, Severity } from './messages.js';

/** What an alarm can be set to; null: the default. */
export interface AlarmSettings {
  readonly severity?: Severity | null | undefined;
  readonly mode?: Mode | null | undefined;
  /** In seconds. */
  readonly cooldown_s?: number | null | undefined;
  readonly tags?: string[] | null | undefined;
  /** RFC 3339, in the future: from then on it is off. */
  readonly expires_at?: string | null | undefined;
  /** In seconds, 30 to 86,400: while it is open and not snoozed, it is told again at this interval. */
  readonly renotify_s?: number | null | undefined;
  /** How often at most, 1 to 100. */
  readonly renotify_max?: number | null | undefined;
  /** What to do when it fires, up to 2,000 characters. */
  readonly note?: string | null | undefined;
}

/** What its user says with a command, up to 500 characters; shown to everybody who sees the page. */
interface Said {
  comment?: string | undefined;
}

export interface Commands {
  create_page: { payload: { name: string }; data: Page };
  rename_page: { payload: { page_id: string; name: string }; data: Page };
  delete_page: { payload: { page_id: string }; data: Page };
  share_page: { payload: Grant; data: Grant };
  /** Removes the user's own direct grant; `data` is the resulting grant. */
  leave_page: { payload: { page_id: string }; data: Grant };
  /** Gives the page to the user `to`; `data` is the page as it is then: you may edit it, and own it no more. */
  transfer_page: { payload: { page_id: string; to: string }; data: Page };
  /** Acknowledges every open occurrence of the page, as far as `upto`: a seq of it that the user has seen. */
  ack_page: { payload: { page_id: string; upto: number } & Said; data: Page };
  create_alarm: { payload: Pick<Alarm, 'page_id' | 'ticker' | 'option' | 'condition'> & AlarmSettings; data: Alarm };
  update_alarm: {
    payload: { alarm_id: string } & Partial<Pick<Alarm, 'ticker' | 'option' | 'condition' | 'active'>> & AlarmSettings;
    data: Alarm;
  };
  /** Acknowledges the alarm's triggers up to `upto`: a seq of its page that the user has seen. */
  ack_alarm: { payload: { alarm_id: string; upto: number } & Said; data: Alarm };
  unack_alarm: { payload: { alarm_id: string } & Said; data: Alarm };
  /** Ends the occurrence. */
  clear_alarm: { payload: { alarm_id: string } & Said; data: Alarm };
  /** `user_id`: null: nobody has it in hand. */
  assign_alarm: { payload: { alarm_id: string; user_id: string | null }; data: Alarm };
  /** Its triggers are counted quietly for `for_s` seconds, or until the moment `until`: one of them, a week at most. */
  snooze_alarm: { payload: { alarm_id: string; for_s?: number; until?: string } & Said; data: Alarm };
  unsnooze_alarm: { payload: { alarm_id: string }; data: Alarm };
  /** Says something about the alarm, up to 2,000 characters, to everybody who sees its page. */
  comment_alarm: { payload: { alarm_id: string; text: string }; data: Alarm };
  delete_alarm: { payload: { alarm_id: string }; data: Alarm };
  trigger_alarm: { payload: { alarm_id: string; price: number }; data: Alarm & { readonly price?: number } };
}

export type CommandType = keyof Commands;

/** A command on the wire. Without an `id` it is not idempotent, and most commands are not answered. */
export type CommandMessage = {
  [Type in CommandType]: { type: Type; id?: string; payload: Commands[Type]['payload'] };
}[CommandType];
