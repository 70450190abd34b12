/** Every command there is. To add one: its file, and its line here. */
import { addGroupMember } from './add-group-member.js';
import type { Command } from './command.js';
import { createAlarm } from './create-alarm.js';
import { createGroup } from './create-group.js';
import { createPage } from './create-page.js';
import { deleteAlarm } from './delete-alarm.js';
import { deletePage } from './delete-page.js';
import { leavePage } from './leave-page.js';
import { removeGroupMember } from './remove-group-member.js';
import { renamePage } from './rename-page.js';
import { sharePage } from './share-page.js';
import { triggerAlarm } from './trigger-alarm.js';
import { updateAlarm } from './update-alarm.js';

export const commands: readonly Command[] = [
  triggerAlarm,
  createAlarm,
  updateAlarm,
  deleteAlarm,
  createPage,
  renamePage,
  deletePage,
  sharePage,
  leavePage,
  createGroup,
  addGroupMember,
  removeGroupMember,
];

/** Those that are messages of the socket: what is done to pages. Groups are made and changed over HTTP. */
export const socketCommands: readonly Command[] = commands.filter(({ target }) => target === 'page' || target === 'new page');

const byKind = new Map(commands.map((command) => [command.kind, command]));

/** The `action` that answers a command of this kind. */
export const actionOf = (kind: string): string => byKind.get(kind)!.done;
