/** The data in a command's answer: the same over socket and HTTP, and the same again when the command is repeated. */
import { pageJson } from '../protocol/views.js';
import type { Done } from './handling/pending-command.js';

const ofPages: ReadonlySet<string> = new Set(['create_page', 'rename_page', 'delete_page', 'transfer_page']);

/**
 * The alarm, page, grant or group, as JSON. A page is rendered as its owner saw it at that seq, because only the owner may create or
 * change it; a transferred one as its former owner sees it afterwards.
 */
export function answerData({ command, data, seq }: Done): string {
  if (!ofPages.has(command)) return data;
  return pageJson(
    JSON.parse(data) as { id: string; name: string; owner_id: string },
    seq,
    command === 'transfer_page' ? 'edit' : 'own',
  );
}
