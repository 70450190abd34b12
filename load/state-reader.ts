/**
 * Reads the states that thousands of sockets get at once. Most equal one that came just before, byte for byte: those cost a
 * comparison. Of the others the pages' seqs are read at once, and a copy is kept: whether the content is right is looked at
 * when the storm is over (oracle.ts), so that the tool's own work does not disturb the measurement.
 */

/** The parts of a page's state that are read at once. */
export interface PageShown {
  readonly page: string;
  /** The seq it brings the page to. */
  readonly seq: number;
  /** Seq of the first update, where the page comes as updates and there are any. */
  readonly firstUpdate: number | undefined;
  readonly isWhole: boolean;
}

export interface StateRead {
  readonly log: string;
  readonly pages: readonly PageShown[];
}

/** How many of the last states are compared with; those of one iteration of the server come mixed, by pages and by what was held. */
const RECENT = 64;

const RESUMED = Buffer.from('{"type":"resumed"');
const INITIAL = Buffer.from('{"type":"initial_state"');
const ENTRY = Buffer.from('{"page":{"id":"');
const SEQ = Buffer.from('"seq":');
/** Longest that may stand before `"pages"`: the log's id and the user. */
const HEAD_BYTES = 1024;

export class StateReader {
  /** Each state that came, once; without what stands before its pages. */
  readonly distinct: Buffer[] = [];
  #recent: { readonly bytes: Buffer; readonly read: StateRead }[] = [];

  /** Lets go of all that came so far. */
  forget(): void {
    this.distinct.length = 0;
    this.#recent = [];
  }

  /** The state in bytes [start, end); undefined where that is another message, or not as this server writes it. Throws where it is no JSON. */
  read(bytes: Buffer, start: number, end: number): StateRead | undefined {
    const isResumed = startsWith(bytes, start, RESUMED);
    if (!isResumed && !startsWith(bytes, start, INITIAL)) return undefined;
    const head = bytes.toString('utf8', start, Math.min(end, start + HEAD_BYTES));
    const at = head.indexOf('"pages":[');
    const log = /"log":"([^"]*)"/.exec(head)?.[1];
    if (at < 0 || log === undefined) return undefined;
    const from = start + Buffer.byteLength(head.slice(0, at));
    const known = this.#recent.find(
      (one) => one.bytes.length === end - from && bytes.compare(one.bytes, 0, one.bytes.length, from, end) === 0,
    );
    if (known) return known.read.log === log ? known.read : { ...known.read, log };
    const copy = Buffer.from(bytes.subarray(from, end));
    const read = { log, pages: isResumed ? entriesIn(copy) : pagesIn(copy) };
    this.distinct.push(copy);
    this.#recent.unshift({ bytes: copy, read });
    if (this.#recent.length > RECENT) this.#recent.pop();
    return read;
  }
}

const startsWith = (bytes: Buffer, start: number, prefix: Buffer): boolean =>
  bytes.compare(prefix, 0, prefix.length, start, start + prefix.length) === 0;

/** Of an initial_state, from `"pages":[` on. */
function pagesIn(bytes: Buffer): PageShown[] {
  const end = bytes.indexOf('],"alarms":[');
  if (end < 0) throw new Error('an initial_state without alarms');
  const pages = JSON.parse(bytes.toString('utf8', '"pages":'.length, end + 1)) as { id: string; seq: number }[];
  return pages.map(({ id, seq }) => ({ page: id, seq, firstUpdate: undefined, isWhole: true }));
}

/** Of a resumed, from `"pages":[` on. Text of users is escaped in JSON, and cannot match the search. */
function entriesIn(bytes: Buffer): PageShown[] {
  const pages: PageShown[] = [];
  for (let at = bytes.indexOf(ENTRY); at >= 0; at = bytes.indexOf(ENTRY, at)) {
    const end = bytes.indexOf('}', at);
    const { id, seq } = JSON.parse(bytes.toString('utf8', at + '{"page":'.length, end + 1)) as {
      id: string;
      seq: number;
    };
    const isWhole = bytes.toString('latin1', end + 1, end + 11) === ',"alarms":';
    const hasUpdates = !isWhole && bytes.toString('latin1', end + 1, end + 15) !== ',"updates":[]}';
    const updateSeq = hasUpdates ? bytes.indexOf(SEQ, end) + SEQ.length : -1;
    pages.push({
      page: id,
      seq,
      firstUpdate: hasUpdates ? parseInt(bytes.toString('latin1', updateSeq, updateSeq + 16), 10) : undefined,
      isWhole,
    });
    at = end;
  }
  return pages;
}
