/**
 * A model of one viewer, followed message by message: for each page, how many of the messages that the log requires
 * it has received. More than one number is possible where a state fits several moments; the next message decides.
 */
import type { AlarmSeen, Cursor, Message, PageSeen } from './recorded.js';
import type { ReferenceModel, Step } from './reference-model.js';
import { alarmsDiffer, pageAs, pageDiffers, updateDiffers } from './wording.js';

export interface PageEntry {
  readonly page: PageSeen;
  readonly alarms?: readonly AlarmSeen[];
  readonly updates?: readonly Message[];
}

/** Positions from, and not including, to. */
type Moment = readonly [from: number, to: number];

export class ViewerModel {
  readonly #reference: ReferenceModel;
  readonly #user: string;
  /** Page → numbers of messages that it may have received. */
  readonly #heard = new Map<string, number[]>();

  constructor(reference: ReferenceModel, user: string) {
    this.#reference = reference;
    this.#user = user;
  }

  /** Takes in a state of all pages, no older than `since` and of one moment. `cursor` is what it was asked with. */
  state(entries: readonly PageEntry[], since: number, cursor: Cursor = {}): string[] {
    const faults: string[] = [];
    const shown = new Map(entries.map((entry) => [entry.page.id, entry]));
    if (shown.size !== entries.length) faults.push('twice: a page is in the state more than once');
    this.#heard.clear();
    let moments: Moment[] = [[since, Infinity]];
    for (const page of new Set([...this.#reference.pagesOf(this.#user), ...shown.keys()])) {
      const entry = shown.get(page);
      const found = faults.length;
      const fitting = entry ? this.#fitting(entry, since, cursor[page], faults) : this.#without(page, since, faults);
      this.#heard.set(page, fitting);
      // What is wrong by itself says nothing of the others' moment.
      const common =
        fitting.length === 0 || faults.length > found
          ? moments
          : intersect(
              moments,
              fitting.map((count) => this.#moment(page, count)),
            );
      if (common.length === 0)
        faults.push(
          `torn: the state shows page ${page} ${entry ? `with seq ${entry.page.seq}` : 'not at all'}, and the others as they were at another moment`,
        );
      else moments = common;
    }
    for (const [page, counts] of this.#heard) {
      const common = counts.filter((count) => intersect(moments, [this.#moment(page, count)]).length > 0);
      this.#heard.set(page, common.length > 0 ? common : counts);
    }
    return faults;
  }

  /** Takes in the answer to a sync: the state of one page. */
  pageState(entry: PageEntry, since: number, asked: number): string[] {
    const faults: string[] = [];
    this.#heard.set(entry.page.id, this.#fitting(entry, since, asked, faults));
    return faults;
  }

  /** Takes in a message of one page. */
  hear(message: Message): string[] {
    const page: string = message.payload.page_id ?? message.payload.page.id;
    const counts = this.#heard.get(page) ?? [0];
    const steps = this.#reference.steps(this.#user, page);
    const next = counts.filter((count) => steps[count] && this.#differs(page, steps[count], message).length === 0);
    this.#heard.set(
      page,
      next.map((count) => count + 1),
    );
    if (next.length > 0) return [];
    const { fault, heard } = this.#fault(page, counts, message);
    this.#heard.set(page, heard);
    return [fault];
  }

  /** What it should have received by the end and has not. */
  end(): string[] {
    return [...this.#reference.pagesOf(this.#user)].flatMap((page) => {
      const steps = this.#reference.steps(this.#user, page);
      const counts = this.#heard.get(page) ?? [0];
      return counts.includes(steps.length)
        ? []
        : [`missed: of page ${page} the viewer has not received the end: ${told(steps.slice(Math.max(0, ...counts)))}`];
    });
  }

  /** The seq that it certainly holds of the page; undefined if it does not hold the page or the seq is uncertain. */
  seqOf(page: string): number | undefined {
    const seqs = (this.#heard.get(page) ?? [])
      .map((count) => this.#reference.steps(this.#user, page)[count - 1])
      .map((step) => (step && step.right !== 'none' ? step.seq : undefined));
    return seqs.every((seq) => seq === seqs[0]) ? seqs[0] : undefined;
  }

  /** The moments at which it had received this many messages of the page. */
  #moment(page: string, count: number): Moment {
    const steps = this.#reference.steps(this.#user, page);
    return [steps[count - 1]?.position ?? 0, steps[count]?.position ?? Infinity];
  }

  /** Where in the page's life the entry fits, and faults where it does not. */
  #fitting(entry: PageEntry, since: number, cursor: number | undefined, faults: string[]): number[] {
    const { page, alarms, updates } = entry;
    const reference = this.#reference.pages.get(page.id);
    const what = `the state shows page ${page.id} with seq ${page.seq}`;
    if (!reference?.events[page.seq]) {
      faults.push(`invented: ${what}, which is not in the log`);
      return [];
    }
    const steps = this.#reference.steps(this.#user, page.id);
    const ofSeq = steps.map((_step, at) => at + 1).filter((count) => isAt(steps, count, page.seq));
    if (ofSeq.length === 0) faults.push(`without the right: ${what}, on which the viewer has no right there`);
    const right = ofSeq.filter((count) => pageDiffers(reference, page.seq, steps[count - 1]!.right, page).length === 0);
    if (ofSeq.length > 0 && right.length === 0)
      faults.push(
        `altered: ${what}: ${pageDiffers(reference, page.seq, steps[ofSeq.at(-1)! - 1]!.right, page).join('; ')}`,
      );
    const fresh = right.filter((count) => this.#moment(page.id, count)[1] > since);
    if (right.length > 0 && fresh.length === 0)
      faults.push(
        `stale: ${what}, and later events had been received before it was requested: ${told(steps.slice(right.at(-1)!, right.at(-1)! + 3))}`,
      );
    if (alarms)
      faults.push(...alarmsDiffer(reference, page.seq, alarms).map((difference) => `altered: ${what}: ${difference}`));
    else faults.push(...this.#replay(entry, updates ?? [], cursor));
    // If nothing fits, the check continues from there.
    return fresh.length > 0 ? fresh : right.length > 0 ? right : ofSeq;
  }

  /** The updates of a resume or sync: those after the cursor, up to the page's seq. */
  #replay({ page }: PageEntry, updates: readonly Message[], cursor: number | undefined): string[] {
    if (cursor === undefined) return [`missed: updates of page ${page.id} are sent to a viewer that does not hold it`];
    const reference = this.#reference.pages.get(page.id)!;
    const seqs = updates.map(({ payload }) => payload.seq ?? payload.page?.seq);
    const expected = Array.from({ length: Math.max(0, page.seq - cursor) }, (_, at) => cursor + 1 + at);
    if (seqs.join() !== expected.join())
      return [
        `missed: the viewer held page ${page.id} at ${cursor}; the updates up to ${page.seq} are ${seqs.join(', ') || 'none'}`,
      ];
    return updates.flatMap((update, at) =>
      updateDiffers(reference, expected[at]!, page.is_owner ? 'own' : 'view', update, true).map(
        (difference) => `altered: the resumed update ${expected[at]} of page ${page.id}: ${difference}`,
      ),
    );
  }

  /** Moments at which a state without the page is right. */
  #without(page: string, since: number, faults: string[]): number[] {
    const steps = this.#reference.steps(this.#user, page);
    const counts = [0, ...steps.map((_step, at) => at + 1)].filter(
      (count) => count === 0 || steps[count - 1]!.right === 'none',
    );
    const fresh = counts.filter((count) => this.#moment(page, count)[1] > since);
    if (fresh.length === 0)
      faults.push(
        `missed: the state is without page ${page}, on which the viewer has had a right since position ${steps[counts.at(-1)!]!.position}, and that had been received before it was requested`,
      );
    return fresh.length > 0 ? fresh : counts;
  }

  #differs(page: string, step: Step, message: Message): string[] {
    const { type, payload } = message;
    const reference = this.#reference.pages.get(page)!;
    if (step.kind === 'update') return updateDiffers(reference, step.seq, step.right, message, false);
    if (type !== `page_${step.kind}`) return [`it is a ${type}`];
    if (step.kind === 'removed') return [];
    return [
      ...pageDiffers(reference, step.seq, step.right, payload.page),
      ...(step.kind === 'added' ? alarmsDiffer(reference, step.seq, payload.alarms) : []),
    ];
  }

  /** Why the message is not a possible next one, and where to continue. */
  #fault(page: string, counts: readonly number[], message: Message): { fault: string; heard: number[] } {
    const { type, payload } = message;
    const steps = this.#reference.steps(this.#user, page);
    const last = Math.max(0, ...counts);
    const seq: number | undefined = payload.seq ?? payload.page?.seq;
    const what = `${type}${seq === undefined ? '' : ` with seq ${seq}`} of page ${page}`;
    const same = steps.map((_step, at) => at).filter((at) => this.#differs(page, steps[at]!, message).length === 0);
    const later = same.find((at) => at >= last);
    if (later !== undefined)
      return {
        fault: `missed: before ${what} the viewer has not received ${told(steps.slice(last, later))}`,
        heard: [later + 1],
      };
    if (same.length > 0) return { fault: `twice: ${what} was received before`, heard: [...counts] };
    if (seq !== undefined && !this.#reference.pages.get(page)?.events[seq])
      return { fault: `invented: ${what} is not in the log`, heard: [...counts] };
    // A page that comes by a group has the seq of an event that the viewer had no right to receive.
    const eventAt = payload.seq === undefined ? undefined : this.#reference.positionOf(page, payload.seq);
    const ofSeq = steps.findIndex((step) => step.seq === seq && (eventAt === undefined || step.position === eventAt));
    if (ofSeq < 0)
      return {
        fault: `without the right: the viewer received ${what}, on which it has no right there`,
        heard: [...counts],
      };
    return {
      fault: `altered: ${what}: ${this.#differs(page, steps[ofSeq]!, message).join('; ')}`,
      heard: ofSeq >= last ? [ofSeq + 1] : [...counts],
    };
  }
}

const isAt = (steps: readonly Step[], count: number, seq: number): boolean =>
  steps[count - 1]!.seq === seq && steps[count - 1]!.right !== 'none';

const told = (steps: readonly Step[]): string =>
  steps.map(({ kind, seq, position }) => `${kind} (seq ${seq}, position ${position})`).join(', ') || 'nothing';

const intersect = (some: readonly Moment[], others: readonly Moment[]): Moment[] =>
  some.flatMap(([from, to]) =>
    others
      .map(([start, end]): Moment => [Math.max(from, start), Math.min(to, end)])
      .filter(([start, end]) => start < end),
  );

/** What the store at the end should be, for each page that the user has a right on. */
export function storeDiffers(
  reference: ReferenceModel,
  user: string,
  store: ReadonlyMap<string, { readonly page: PageSeen; readonly alarms: ReadonlyMap<string, AlarmSeen> }>,
): string[] {
  const faults: string[] = [];
  const visible = new Set<string>();
  for (const id of reference.pagesOf(user)) {
    const last = reference.steps(user, id).at(-1)!;
    if (last.right === 'none') continue;
    visible.add(id);
    const held = store.get(id);
    const page = reference.pages.get(id)!;
    if (!held) faults.push(`the store at the end is without page ${id}`);
    else
      faults.push(
        ...[
          ...pageDiffers(page, page.events.length - 1, last.right, held.page),
          ...alarmsDiffer(page, page.events.length - 1, [...held.alarms.values()]),
        ].map(
          (difference) =>
            `the store at the end has page ${pageAs(page, page.events.length - 1, last.right).name} (${id}) wrong: ${difference}`,
        ),
      );
  }
  for (const id of store.keys())
    if (!visible.has(id)) faults.push(`the store at the end has page ${id}, on which the viewer has no right`);
  return faults;
}
