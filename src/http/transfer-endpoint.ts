/** Gives all that a user owns to another user: for operators and `npm run admin`. One event for each page and group, so it can be repeated. */
import { z } from 'zod';
import { assignGroup } from '../commands/administration/assign-group.js';
import { assignPage } from '../commands/administration/assign-page.js';
import { assigneeRefusal } from '../commands/administration/taker.js';
import type { Command } from '../commands/command.js';
import type { CommandHandler } from '../commands/handling/handler.js';
import type { Outcome } from '../commands/handling/pending-command.js';
import { ownedAlready } from '../commands/owned-already.js';
import { type Actor, SYSTEM_ID, userActor } from '../domain/authorization.js';
import { UserId } from '../domain/fields.js';
import { notFound, type Refusal } from '../domain/refusals.js';
import type { LiveState } from '../projections/live-state.js';
import { type AdministratorsOptions, administrating } from './administrators.js';
import { type Endpoint, json } from './endpoint.js';
import { refused } from './problems.js';
import { jsonBody, validate } from './request-body.js';

/** Longest wait for the rate of commands, in milliseconds. */
const RATE_WAIT_MS = 2_000;

const Body = z.object({ to: UserId });

const Transferred = z
  .object({
    pages: z.int().meta({ description: 'Pages that were transferred.', example: 3 }),
    groups: z.int().meta({ description: 'Groups that were transferred.', example: 1 }),
  })
  .meta({ id: 'Transferred' });

export interface TransferOptions extends AdministratorsOptions {
  readonly handling: CommandHandler;
  readonly live: LiveState;
  /** The log's time, RFC 3339. */
  readonly at: () => string;
}

export const transferEndpoint = (options: TransferOptions): Endpoint =>
  administrating(
    options,
    'POST',
    '/admin/users/{user_id}/transfer',
    {
      id: 'transfer_user',
      summary:
        'Give all pages and groups of a user to another one. An operator cannot name themselves, nor an account that they made or reset within 24 hours.',
      body: { 'application/json': Body },
      success: { status: 200, description: 'How many were transferred.', schema: Transferred },
      problems: ['permission_denied', 'nothing_to_do'],
    },
    async (request, who) => {
      const body = jsonBody(request);
      if ('problem' in body) return body.problem;
      const parsed = validate(Body, body.value);
      if ('problem' in parsed) return parsed.problem;
      const { to } = parsed.value;
      const from = request.params['user_id'] ?? '';
      if (!options.live.users.has(from)) return refused(notFound('user'));
      const refusal = assigneeRefusal(to, { by: who.by, at: options.at(), live: options.live });
      if (refusal) return refused(refusal);
      if (from === to) return refused(ownedAlready('page'));
      const actor: Actor = who.by === SYSTEM_ID ? { kind: 'system', id: SYSTEM_ID } : userActor(who.by);
      const done = await transferAll(options, actor, from, to);
      return 'code' in done ? refused(done) : json(200, JSON.stringify(done));
    },
  );

/** Of what the user owns now. What is deleted or given away meanwhile is left out. */
async function transferAll(
  { handling, live }: TransferOptions,
  actor: Actor,
  from: string,
  to: string,
): Promise<z.infer<typeof Transferred> | Refusal> {
  const done = { pages: 0, groups: 0 };
  for (const page_id of [...live.pagesOwnedBy(from)]) {
    const outcome = await ask(handling, actor, assignPage, { page_id, from, to });
    if (outcome.kind === 'done') done.pages += 1;
    else if (!isOver(outcome.refusal)) return outcome.refusal;
  }
  for (const group_id of [...live.groupsOwnedBy(from)]) {
    const outcome = await ask(handling, actor, assignGroup, { group_id, from, to });
    if (outcome.kind === 'done') done.groups += 1;
    else if (!isOver(outcome.refusal)) return outcome.refusal;
  }
  return done;
}

const isOver = ({ code }: Refusal): boolean => code === 'not_found' || code === 'nothing_to_do';

/** Waits where the rate of commands says so. */
async function ask(handling: CommandHandler, actor: Actor, command: Command, payload: unknown): Promise<Outcome> {
  for (;;) {
    const outcome = await new Promise<Outcome>((settle) =>
      handling.submit({
        command,
        payload,
        actor,
        clientId: undefined,
        settle,
      }),
    );
    if (outcome.kind === 'done' || outcome.refusal.code !== 'rate_limited') return outcome;
    const waitMs = Number(outcome.refusal.details?.['retry_after_ms']);
    if (!(waitMs <= RATE_WAIT_MS)) return outcome;
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}
