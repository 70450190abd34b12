/** The data in a command's answer: the same over socket and HTTP, and the same again when the command is repeated. */
import type { Right } from '../domain/authorization.js';
import { pageJson } from '../protocol/views.js';
import type { Done } from './handling/pending-command.js';

const ofPages: ReadonlySet<string> = new Set([
  'create_page',
  'rename_page',
  'delete_page',
  'transfer_page',
  'ack_page',
]);

/**
 * The alarm, page, grant or group, as JSON. A page is rendered as its owner saw it at that seq, because only the owner may create or
 * change it; a transferred one as its former owner sees it afterwards;
 * an acknowledged one as whoever acknowledged it sees it.
 */
export function answerData({ command, data, seq }: Done): string {
  if (!ofPages.has(command)) return data;
  const page = JSON.parse(data) as { id: string; name: string; owner_id: string; right?: Right };
  return pageJson(page, seq, command === 'transfer_page' ? 'edit' : (page.right ?? 'own'));
}
