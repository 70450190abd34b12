/** All commands. To add one, add its file and its line here. */

import { assignGroup } from './administration/assign-group.js';
import { assignPage } from './administration/assign-page.js';
import { ackAlarm } from './alarms/ack-alarm.js';
import { assignAlarm } from './alarms/assign-alarm.js';
import { clearAlarm } from './alarms/clear-alarm.js';
import { commentAlarm } from './alarms/comment-alarm.js';
import { createAlarm } from './alarms/create-alarm.js';
import { deleteAlarm } from './alarms/delete-alarm.js';
import { snoozeAlarm } from './alarms/snooze-alarm.js';
import { triggerAlarm } from './alarms/trigger-alarm.js';
import { unackAlarm } from './alarms/unack-alarm.js';
import { unsnoozeAlarm } from './alarms/unsnooze-alarm.js';
import { updateAlarm } from './alarms/update-alarm.js';
import type { Command } from './command.js';
import { addGroupMember } from './groups/add-group-member.js';
import { createGroup } from './groups/create-group.js';
import { deleteGroup } from './groups/delete-group.js';
import { removeGroupMember } from './groups/remove-group-member.js';
import { renameGroup } from './groups/rename-group.js';
import { transferGroup } from './groups/transfer-group.js';
import { ackPage } from './pages/ack-page.js';
import { createPage } from './pages/create-page.js';
import { deletePage } from './pages/delete-page.js';
import { leavePage } from './pages/leave-page.js';
import { renamePage } from './pages/rename-page.js';
import { sharePage } from './pages/share-page.js';
import { transferPage } from './pages/transfer-page.js';

export const commands: readonly Command[] = [
  triggerAlarm,
  createAlarm,
  updateAlarm,
  deleteAlarm,
  ackAlarm,
  unackAlarm,
  clearAlarm,
  assignAlarm,
  snoozeAlarm,
  unsnoozeAlarm,
  commentAlarm,
  ackPage,
  createPage,
  renamePage,
  deletePage,
  sharePage,
  leavePage,
  transferPage,
  createGroup,
  addGroupMember,
  removeGroupMember,
  renameGroup,
  deleteGroup,
  transferGroup,
];

/** Commands that are also messages of the socket: those on pages. Groups are created and changed over HTTP. */
export const socketCommands: readonly Command[] = commands.filter(
  ({ target }) => target === 'page' || target === 'new page',
);

const byKind = new Map([...commands, assignPage, assignGroup].map((command) => [command.kind, command]));

/** The `action` that answers a command of this kind. */
export const actionOf = (kind: string): string => byKind.get(kind)!.done;
