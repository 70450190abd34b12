/** Says how the log differs from the signed tree, at the first leaf that differs. */
import type { StoredText } from '../log/event-codec.js';
import { entryOf } from './event-entry.js';
import { leafHash } from './merkle-tree.js';
import type { TreeFiles } from './tree-files.js';

const place = (index: number, { type, stream, revision, position }: StoredText): string =>
  `event ${index} (${type}, revision ${revision} of ${stream}, position ${position})`;

/** `events`: those of the log at this index and the next, as far as there are any. `size`: of the checkpoint. */
export function describeDifference(
  index: number,
  [event, next]: readonly StoredText[],
  files: TreeFiles,
  size: number,
): string {
  const signed = `the signed checkpoint of ${size} events`;
  if (!event)
    return `Event ${index} is missing: the log ends before it, and ${signed} covers it. It was removed, or the log is an older copy.`;
  const isAt = (one: StoredText | undefined, at: number): boolean =>
    one !== undefined && at < files.size && leafHash(entryOf(one, at)).equals(files.hashes(0, at, 1));
  if (isAt(event, index + 1) && isAt(next, index))
    return `Events ${index} and ${index + 1} were exchanged: ${place(index, event)} was signed behind the next one (${signed}).`;
  if (isAt(event, index + 1))
    return `Event ${index} is missing: in its place is ${place(index, event)}, which was signed as event ${index + 1} (${signed}).`;
  if (isAt(next, index))
    return `Before event ${index} one was inserted or doubled that is not in ${signed}: ${place(index, event)}.`;
  const earlier = earlierPlace(event, index, files);
  if (earlier !== undefined)
    return `Event ${index} is event ${earlier} again: ${place(index, event)} is doubled or was moved (${signed}).`;
  return `Altered: ${place(index, event)} is not what ${signed} was signed over. Its data, metadata, id or place was changed, or others were put before it.`;
}

/** An event that was copied from a little earlier. */
function earlierPlace(event: StoredText, index: number, files: TreeFiles): number | undefined {
  for (let at = index - 1; at >= 0 && at >= index - 1_000; at -= 1)
    if (leafHash(entryOf(event, at)).equals(files.hashes(0, at, 1))) return at;
  return undefined;
}
