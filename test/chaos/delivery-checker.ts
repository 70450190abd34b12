/**
 * Compares what viewers recorded with the log. Each finding is a sentence. No finding means: every viewer has received each event of
 * their pages once and in order, over all connections, nothing that they had no right to at its position in the log, every command has had its
 * effect at most once and every answered one exactly once, and at the end every store is what the log says. Pure.
 */
import { Freshness, positionHeard } from './freshness.js';
import type { HistoryEvent } from './log-history.js';
import type { CommandSent, Cursor, Entry, ViewerHistory } from './recorded.js';
import { ReferenceModel } from './reference-model.js';
import { type PageEntry, storeDiffers, ViewerModel } from './viewer-model.js';

export interface JudgingOptions {
  /** Of several nodes one may be behind another: what it sends on a socket that has its state is only never older than what that socket has received. */
  readonly isOneNode: boolean;
  /** Whether a state may be older than what any viewer had received before it was requested: that is allowed while nodes cannot reach the log. */
  readonly mayLag: boolean;
}

/** What is wrong, in sentences. */
export function judge(
  events: readonly HistoryEvent[],
  viewers: readonly ViewerHistory[],
  { isOneNode, mayLag }: JudgingOptions = { isOneNode: true, mayLag: false },
): string[] {
  const reference = new ReferenceModel(
    events,
    viewers.map(({ user }) => user),
  );
  const freshness = { states: new Freshness(reference, mayLag ? [] : viewers), isOneNode };
  return [
    ...holes(events),
    ...doubled(reference),
    ...viewers.flatMap((viewer) =>
      [
        ...viewer.complaints,
        ...follow(reference, freshness, viewer),
        ...judgeCommands(reference, viewer),
        ...(viewer.isWhole ? storeDiffers(reference, viewer.user, viewer.store) : []),
      ].map((fault) => `${viewer.name}: ${fault}`),
    ),
  ];
}

function holes(events: readonly HistoryEvent[]): string[] {
  const revisions = new Map<string, number>();
  return events.flatMap(({ stream, revision }) => {
    const before = revisions.get(stream) ?? -1;
    revisions.set(stream, revision);
    return revision === before + 1 ? [] : [`the log: revision ${before} of ${stream} is followed by ${revision}`];
  });
}

const doubled = (reference: ReferenceModel): string[] =>
  [...reference.effects]
    .filter(([, events]) => events.length > 1)
    .map(
      ([name, events]) =>
        `done twice: the command '${name}' has its effect at ${events.map(({ stream, revision }) => `${stream}, revision ${revision}`).join(' and at ')}`,
    );

interface Expected {
  readonly states: Freshness;
  readonly isOneNode: boolean;
}

/** Goes through what a viewer received, connection by connection. */
function follow(
  reference: ReferenceModel,
  { states, isOneNode }: Expected,
  { user, entries, isWhole }: ViewerHistory,
): string[] {
  const faults: string[] = [];
  let model = new ViewerModel(reference, user);
  let openedAt = 0;
  /** Position of the newest event that was received on this connection. */
  let heardHere = 0;
  const asked = new Map<string, Extract<Entry, { kind: 'resume' | 'sync' }>>();
  for (const entry of entries) {
    const said = (found: readonly string[]): unknown =>
      found.length > 0 && faults.push(...found.map((fault) => `connection ${entry.connection}: ${fault}`));
    if (entry.kind === 'opening') {
      model = new ViewerModel(reference, user);
      openedAt = entry.order;
      heardHere = 0;
    } else if (entry.kind === 'resume' || entry.kind === 'sync') asked.set(entry.id, entry);
    if (entry.kind !== 'heard') continue;
    const { message } = entry;
    const { payload } = message;
    switch (message.type) {
      case 'initial_state':
        said(
          model.state(
            payload.pages.map((page: PageEntry['page']) => ({
              page,
              alarms: payload.alarms.filter((alarm: { page_id: string }) => alarm.page_id === page.id),
            })),
            states.before(openedAt),
          ),
        );
        break;
      case 'resumed': {
        const request = asked.get(message.id ?? '');
        if (request?.kind !== 'resume') said([`a resumed answers nothing that was asked: ${message.id}`]);
        else
          said([
            ...model.state(payload.pages, states.before(request.order), request.pages),
            ...removedDiffers(payload, request.pages),
          ]);
        break;
      }
      case 'page_state': {
        const request = asked.get(message.id ?? '');
        if (request?.kind !== 'sync') said([`a page_state answers nothing that was asked: ${message.id}`]);
        else said(model.pageState(payload, isOneNode ? states.before(request.order) : heardHere, request.seq));
        break;
      }
      case 'alarm_update':
      case 'page_update':
      case 'page_rights':
      case 'page_added':
      case 'page_removed':
        said(model.hear(message));
        break;
      case 'success':
        said(tooEarly(model, payload));
        break;
      default:
    }
    heardHere = Math.max(heardHere, positionHeard(reference, entry) ?? 0);
  }
  return isWhole ? [...faults, ...model.end()] : faults;
}

/** `removed` names each page of the cursor that is not shown any more, and no other. */
function removedDiffers(
  { pages, removed }: { pages: readonly PageEntry[]; removed: readonly string[] },
  cursor: Cursor,
): string[] {
  const shown = new Set(pages.map(({ page }) => page.id));
  const right = Object.keys(cursor).filter((page) => !shown.has(page));
  return right.toSorted().join() === [...removed].sort().join()
    ? []
    : [
        `the resumed removes ${removed.join(', ') || 'nothing'}; what the viewer held and may no longer see is ${right.join(', ') || 'nothing'}`,
      ];
}

/** The answer to a command comes after its update. */
function tooEarly(
  model: ViewerModel,
  { seq, data }: { seq?: number; data?: { page_id?: string; id?: string } },
): string[] {
  const page = data?.page_id ?? data?.id;
  const held = page === undefined ? undefined : model.seqOf(page);
  return held === undefined || seq === undefined || held >= seq
    ? []
    : [`an answer says seq ${seq} of page ${page}, and the viewer has received it up to ${held} only`];
}

function judgeCommands(reference: ReferenceModel, { user, commands, isWhole }: ViewerHistory): string[] {
  return [...commands].flatMap((command) => {
    const effects = reference.effects.get(`${user} ${command.id}`) ?? [];
    const what = `${command.type} ${command.id}, sent ${command.times} times,`;
    const done = command.answers.filter((answer) => answer.kind === 'success');
    const faults: string[] = [];
    if (isWhole && command.answers.length === 0) faults.push(`never answered: ${what} has no answer`);
    if (done.length > 0 && effects.length === 0)
      faults.push(`lost: ${what} was answered with position ${done[0]!.position}, and has no effect`);
    if (effects.length > 0) faults.push(...answersDiffer(done, effects[0]!, what));
    // If it was sent twice, the first may have reached the server after the second.
    if (done.length === 0 && command.answers.length > 0 && command.times === 1 && effects.length > 0)
      faults.push(`${what} was refused, and has its effect at ${effects[0]!.stream}, revision ${effects[0]!.revision}`);
    return faults;
  });
}

/** Every answer names the effect, and over one way they are the same to the byte. */
function answersDiffer(
  done: readonly Extract<CommandSent['answers'][number], { kind: 'success' }>[],
  effect: HistoryEvent,
  what: string,
): string[] {
  const faults = done
    .filter(
      ({ position, seq }) => Number(position) !== effect.position || (seq !== undefined && seq !== effect.revision),
    )
    .map(
      ({ position, seq }) =>
        `${what} was answered with position ${position} and seq ${seq}; its effect is at position ${effect.position}, ${effect.stream}, revision ${effect.revision}`,
    );
  for (const way of ['socket', 'http'] as const) {
    const texts = new Set(done.filter(({ over }) => over === way).map(({ text }) => text));
    if (texts.size > 1) faults.push(`${what} was answered differently: ${[...texts].join(' and ')}`);
  }
  return faults;
}
