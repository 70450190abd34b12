/** GET /audit/access-changes: each event by which somebody's access changed, and who gained or lost which right by it; for auditors. */
import { z } from 'zod';
import { Moment, PageId, UserId } from '../domain/fields.js';
import type { Position } from '../log/event-log.js';
import { idIn } from '../projections/access-at.js';
import { type AccessEffect, effectsOf } from '../projections/access-effects.js';
import {
  ACCOUNT,
  grantOn,
  membership,
  ownership,
  roleTarget,
  userSubject,
} from '../projections/read-model/access-changes.js';
import type { AccessChange } from '../projections/read-model/access-log.js';
import { AsOfView, WindowQuery } from './as-of.js';
import {
  type AuditReadsOptions,
  aboutQuery,
  askedWindow,
  auditRead,
  listQuery,
  Next,
  nextJson,
  Slices,
} from './audit-reading.js';
import { type Endpoint, json } from './endpoint.js';
import { validate } from './request-body.js';

/** Events that one request looks at; with a filter that matches few, an answer ends before its limit. */
const LOOKED_AT = 2_000;

/** Effects of one event that are told; the deletion of a large group has very many. */
const EFFECTS_LIMIT = 1_000;

const Query = z.object({ ...WindowQuery.shape, ...listQuery(500), ...aboutQuery });

const EffectRight = z.enum(['own', 'edit', 'view', 'none']);

const Change = z
  .object({
    position: z.string().meta({ example: '1042' }),
    type: z.string().meta({ description: "The event's type.", example: 'PageShared' }),
    at: Moment,
    by: z.string().meta({ description: 'Who did it: the id of a user, or `system`.', example: 'system' }),
    by_username: z.string().meta({ example: 'john' }),
    accesses: z.array(
      z.object({
        subject_type: z.enum(['user', 'group']),
        subject_id: z.string().meta({ example: '0d6f0a64-9c0e-4b8b-8f53-4c3a8f1e2b10' }),
        on: z.enum(['owner', 'page', 'group', 'role', 'account']).meta({ description: 'Which kind of access.' }),
        id: z
          .string()
          .nullable()
          .meta({ description: 'Of the page or the group; the role; null of an account.', example: null }),
        held: z.string().meta({
          description: 'What is held after it: a right, `member`, a role, `active`, or `none`.',
          example: 'edit',
        }),
      }),
    ),
    effects: z.array(
      z.object({
        user_id: UserId,
        username: z.string().meta({ example: 'john' }),
        page_id: PageId,
        page_name: z.string().meta({ example: 'Alarmes EUR/USD' }),
        before: EffectRight,
        after: EffectRight,
      }),
    ),
    more_effects: z
      .number()
      .int()
      .optional()
      .meta({ description: `Effects beyond ${EFFECTS_LIMIT}, which are not told.` }),
  })
  .meta({ id: 'AccessChange' });

export function auditChangeEndpoint(options: AuditReadsOptions): Endpoint {
  const { projection, log, live, reads } = options;
  const { accessLog, pagesAt } = projection;

  const accessView = ({ subject, target, held }: AccessChange) => ({
    subject_type: subject === userSubject(idIn(subject)) ? 'user' : 'group',
    subject_id: idIn(subject),
    ...onOf(target),
    held,
  });

  const effectView = (position: Position) => (effect: AccessEffect) => {
    const { user_id, page_id, before, after } = effect;
    const page_name = pagesAt.page(page_id, position)?.name ?? '';
    return { user_id, username: live.usernameOf(user_id), page_id, page_name, before, after };
  };

  /** Undefined if the event is not about the page, or not about the user. */
  async function changeAt(position: Position, slices: Slices, page: string | undefined, user: string | undefined) {
    const changes = accessLog.at(position);
    const [first] = changes;
    if (!first) return undefined;
    const found: AccessEffect[] = [];
    let count = 0;
    let concernsPage = page === undefined || changes.some(({ target }) => onOf(target).id === page);
    let concernsUser =
      user === undefined || first.by === user || changes.some(({ subject }) => subject === userSubject(user));
    await slices.map(effectsOf(accessLog, position, changes), (effect) => {
      if (!effect) return;
      concernsPage ||= effect.page_id === page;
      concernsUser ||= effect.user_id === user;
      count += 1;
      if (found.length < EFFECTS_LIMIT) found.push(effect);
    });
    if (!concernsPage || !concernsUser) return undefined;
    const effects = await slices.map(found, effectView(position));
    const { type, at, by } = first;
    const more = count > found.length ? { more_effects: count - found.length } : {};
    return {
      position,
      type,
      at,
      by,
      by_username: live.usernameOf(by),
      accesses: changes.map(accessView),
      effects,
      ...more,
    };
  }

  return auditRead(
    options,
    '/audit/access-changes',
    {
      id: 'list_access_changes',
      summary: 'Each grant, revocation, membership, role and transfer, and who gained or lost which right by it.',
      query: Query,
      success: {
        status: 200,
        description: 'The changes, in log order.',
        schema: z.object({ changes: z.array(Change), next: Next, as_of: AsOfView }),
      },
      problems: ['log_changed'],
    },
    async ({ query }, { userId }) => {
      const asked = validate(Query, Object.fromEntries(query));
      if ('problem' in asked) return asked.problem;
      const window = await askedWindow(options, asked.value);
      if ('status' in window) return window;
      const { limit, page, user } = asked.value;
      const positions = accessLog.positions(window.after, window.asOf.position, LOOKED_AT + 1);
      const changes: unknown[] = [];
      const slices = new Slices(reads, userId);
      let looked = 0;
      while (looked < Math.min(positions.length, LOOKED_AT) && changes.length < limit) {
        const change = await changeAt(positions[looked] ?? '', slices, page, user);
        if (change) changes.push(change);
        looked += 1;
      }
      const next = looked < positions.length ? positions[looked - 1] : undefined;
      return json(
        200,
        `{"changes":${JSON.stringify(changes)},"next":${nextJson(log, next)},"as_of":${JSON.stringify(window.asOf)}}`,
      );
    },
  );
}

/** What an access is on. */
function onOf(target: string): {
  readonly on: 'owner' | 'page' | 'group' | 'role' | 'account';
  readonly id: string | null;
} {
  const id = idIn(target);
  if (target === ACCOUNT) return { on: 'account', id: null };
  if (target === ownership(id)) return { on: 'owner', id };
  if (target === grantOn(id)) return { on: 'page', id };
  return target === membership(id) ? { on: 'group', id } : { on: 'role', id: target === roleTarget(id) ? id : null };
}
