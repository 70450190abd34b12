/** Reads of pages, alarms and groups, limited to what the user may see. Answered from memory. */
import { z } from 'zod';
import { maySeeGrants, roleIn } from '../domain/authorization.js';
import type { LivePage } from '../domain/page.js';
import { notFound } from '../domain/refusals.js';
import { AlarmView, GrantView, GroupView, groupView, PageView, pageJson } from '../protocol/views.js';
import { AsOfView } from './as-of.js';
import { type Endpoint, json } from './endpoint.js';
import { occurrenceEndpoint } from './occurrence-endpoint.js';
import { alarmThen, pageThen, sharesThen } from './page-then.js';
import { refused } from './problems.js';
import { type ReadOptions, reading, visiblePage } from './reading.js';

export function readEndpoints(options: ReadOptions): Endpoint[] {
  const { projection } = options;
  const { live } = projection;
  const viewOf = (page: LivePage, userId: string): string => pageJson(page, page.seq, live.heldOn(page, userId).right);

  return [
    occurrenceEndpoint(options),
    reading(
      options,
      '/pages',
      { tag: 'pages', id: 'list_pages', summary: 'The pages you may see.', schema: z.array(PageView) },
      (_request, { userId, program }) =>
        json(
          200,
          `[${live
            .pagesVisibleTo(userId)
            .filter(({ id }) => program?.pages?.has(id) !== false)
            .map((page) => viewOf(page, userId))
            .join(',')}]`,
        ),
    ),
    reading(
      options,
      '/pages/{page_id}',
      {
        tag: 'pages',
        id: 'get_page',
        summary: 'A page with its alarms.',
        schema: z.object({ page: PageView, alarms: z.array(AlarmView), as_of: AsOfView.optional() }),
        problems: ['not_found'],
        asOf: true,
      },
      ({ params }, identity, then) => {
        const page = visiblePage(projection, params['page_id'], identity);
        if (!page) return refused(notFound('page'));
        if (then) return pageThen(projection, page.id, identity.userId, then);
        return json(200, [
          `{"page":${viewOf(page, identity.userId)},"alarms":[`,
          ...projection.pageStates.alarmsJson(page),
          ']}',
        ]);
      },
    ),
    reading(
      options,
      '/pages/{page_id}/shares',
      {
        tag: 'pages',
        id: 'list_page_shares',
        summary: 'What was granted on a page; its owner only.',
        schema: z.union([z.array(GrantView), z.object({ shares: z.array(GrantView), as_of: AsOfView })]),
        problems: ['permission_denied', 'not_found'],
        asOf: true,
      },
      ({ params }, identity, then) => {
        const page = visiblePage(projection, params['page_id'], identity);
        if (!page) return refused(notFound('page'));
        if (!maySeeGrants(page, identity.userId))
          return refused({
            code: 'permission_denied',
            message: 'Permission denied: only the owner of this page can see its shares',
          });
        if (then) return sharesThen(projection, page.id, then);
        const grants = (['user', 'group'] as const).flatMap((subject_type) =>
          Array.from(page.grants[subject_type], ([subject_id, grant]) => ({
            page_id: page.id,
            subject_type,
            subject_id,
            ...grant,
          })),
        );
        return json(200, JSON.stringify(grants satisfies GrantView[]));
      },
    ),
    reading(
      options,
      '/alarms/{alarm_id}',
      {
        tag: 'alarms',
        id: 'get_alarm',
        summary: 'An alarm as it stands.',
        schema: AlarmView.extend({ as_of: AsOfView.optional() }),
        problems: ['not_found'],
        asOf: true,
      },
      ({ params }, identity, then) => {
        const id = params['alarm_id']!;
        if (then) {
          // A deleted alarm was there then.
          const page =
            visiblePage(projection, live.pageOfAlarm(id)?.id, identity) ??
            visiblePage(projection, projection.history.pageOfAlarm(id), identity);
          return page ? alarmThen(projection, page.id, id, then) : refused(notFound('alarm'));
        }
        const alarm = visiblePage(projection, live.pageOfAlarm(id)?.id, identity)?.alarms.get(id);
        return alarm ? json(200, projection.pageStates.alarmJson(alarm)) : refused(notFound('alarm'));
      },
    ),
    reading(
      options,
      '/groups',
      {
        tag: 'groups',
        id: 'list_groups',
        summary: 'The groups you are in or own.',
        schema: z.array(GroupView),
        beyondPages: true,
      },
      (_request, { userId }) => {
        const ids = new Set([...live.groupsOwnedBy(userId), ...live.groupsOf(userId)]);
        return json(
          200,
          JSON.stringify(Array.from(ids, (id) => groupView(live.groups.get(id)!, (userId) => live.usernameOf(userId)))),
        );
      },
    ),
    reading(
      options,
      '/groups/{group_id}',
      {
        tag: 'groups',
        id: 'get_group',
        summary: 'A group and its members; they only.',
        schema: GroupView,
        beyondPages: true,
        problems: ['not_found'],
      },
      ({ params }, { userId }) => {
        const group = live.groups.get(params['group_id']!);
        return group && roleIn(group, userId) !== undefined
          ? json(200, JSON.stringify(groupView(group, (userId) => live.usernameOf(userId))))
          : refused(notFound('group'));
      },
    ),
  ];
}
