/** Suggests the known name that was probably meant. */

/** The known name with the smallest edit distance (insert, delete, replace a character); undefined if none is within `maxEdits`. Ignores case. */
export function nearestName(
  name: string,
  known: Iterable<string>,
  maxEdits = Math.min(3, Math.ceil(name.length / 3)),
): string | undefined {
  let nearest: string | undefined;
  let fewest = maxEdits + 1;
  for (const candidate of known) {
    // The distance is at least the difference in length, so a very long name costs nothing.
    if (Math.abs(candidate.length - name.length) >= fewest) continue;
    const distance = edits(name.toLowerCase(), candidate.toLowerCase());
    if (distance < fewest) [nearest, fewest] = [candidate, distance];
  }
  return nearest;
}

/** The Levenshtein distance, computed one table row at a time. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (let at = 1; at <= from.length; at += 1) {
    let [diagonal = 0] = row;
    let left = at;
    const next = [left];
    for (const [place, above] of row.slice(1).entries()) {
      const replaced = diagonal + (from[at - 1] === to[place] ? 0 : 1);
      left = Math.min(replaced, above + 1, left + 1);
      next.push(left);
      diagonal = above;
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
