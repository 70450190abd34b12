/** One method per command: takes the payload and returns the created or changed entity. They reject as `command` does. */
import type { CommandOptions } from './client-options.js';
import type { Commands, CommandType } from './commands.js';
import type { Alarm, Answer, Grant, Page } from './messages.js';

export abstract class CommandMethods {
  abstract command<Type extends CommandType>(
    type: Type,
    payload: Commands[Type]['payload'],
    options?: CommandOptions,
  ): Promise<Answer<Commands[Type]['data']>>;

  async createPage(payload: Commands['create_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('create_page', payload, options)).data;
  }

  async renamePage(payload: Commands['rename_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('rename_page', payload, options)).data;
  }

  async deletePage(payload: Commands['delete_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('delete_page', payload, options)).data;
  }

  async sharePage(payload: Commands['share_page']['payload'], options?: CommandOptions): Promise<Grant> {
    return (await this.command('share_page', payload, options)).data;
  }

  /** Removes the user's own direct grant on the page. Rejects with `permission_denied` if the page is shared through a group: leave the group. */
  async leavePage(payload: Commands['leave_page']['payload'], options?: CommandOptions): Promise<Grant> {
    return (await this.command('leave_page', payload, options)).data;
  }

  /** Gives the page to another user, who owns it from then on; a grant to edit it is left to who gave it. */
  async transferPage(payload: Commands['transfer_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('transfer_page', payload, options)).data;
  }

  /** Acknowledges every open occurrence of the page up to `upto`, a seq of it that the user has seen. Rejects with `nothing_to_do` if there is none. */
  async ackPage(payload: Commands['ack_page']['payload'], options?: CommandOptions): Promise<Page> {
    return (await this.command('ack_page', payload, options)).data;
  }

  async createAlarm(payload: Commands['create_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('create_alarm', payload, options)).data;
  }

  async updateAlarm(payload: Commands['update_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('update_alarm', payload, options)).data;
  }

  async deleteAlarm(payload: Commands['delete_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('delete_alarm', payload, options)).data;
  }

  async triggerAlarm(payload: Commands['trigger_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('trigger_alarm', payload, options)).data;
  }

  /** Acknowledges the triggers up to `upto`, a seq of the page that the user has seen. Rejects with `already_acknowledged` if somebody was first: `details` say who. */
  async ackAlarm(payload: Commands['ack_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('ack_alarm', payload, options)).data;
  }

  async unackAlarm(payload: Commands['unack_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('unack_alarm', payload, options)).data;
  }

  async clearAlarm(payload: Commands['clear_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('clear_alarm', payload, options)).data;
  }

  async assignAlarm(payload: Commands['assign_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('assign_alarm', payload, options)).data;
  }

  /** Has its triggers counted quietly for `for_s` seconds, or until the moment `until`. */
  async snoozeAlarm(payload: Commands['snooze_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('snooze_alarm', payload, options)).data;
  }

  /** Says something about the alarm, to everybody who sees its page. */
  async commentAlarm(payload: Commands['comment_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('comment_alarm', payload, options)).data;
  }

  async unsnoozeAlarm(payload: Commands['unsnooze_alarm']['payload'], options?: CommandOptions): Promise<Alarm> {
    return (await this.command('unsnooze_alarm', payload, options)).data;
  }
}
