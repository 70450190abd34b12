/** A page, its grants and an alarm as they were at a position. Rights are those of that moment, also in what the page says of the reader. */
import type { Right } from '../domain/authorization.js';
import { notFound } from '../domain/refusals.js';
import { AccessAt, rightOf } from '../projections/access-at.js';
import type { AsOf } from '../projections/as-of.js';
import type { Projection } from '../projections/projection.js';
import { pageJson } from '../protocol/views.js';
import { json, type Reply } from './endpoint.js';
import { refused } from './problems.js';

type Then = Pick<Projection, 'pagesAt' | 'accessLog'>;

/** The page as `userId` could have seen it; all rights false if they had none. A deleted page has `deleted_at`. */
export function pageThen({ pagesAt, accessLog }: Then, pageId: string, userId: string, then: AsOf): Reply {
  const page = pagesAt.page(pageId, then.position);
  if (!page) return refused(notFound('page'));
  const access = new AccessAt(accessLog, then.position);
  const right: Right = access.isActive(userId) ? rightOf(access.paths(userId, pageId)) : 'none';
  const shown = pageJson(page, page.seq, right);
  const deleted = page.deleted_at === undefined ? '' : `,"deleted_at":${JSON.stringify(page.deleted_at)}`;
  return json(200, [
    Buffer.from(`{"page":${shown.slice(0, -1)}${deleted}},"alarms":[`),
    Buffer.from(pagesAt.alarms(pageId, page.seq).join(',')),
    Buffer.from(`],"as_of":${JSON.stringify(then)}}`),
  ]);
}

export function sharesThen({ pagesAt, accessLog }: Then, pageId: string, then: AsOf): Reply {
  if (!pagesAt.page(pageId, then.position)) return refused(notFound('page'));
  const shares = new AccessAt(accessLog, then.position).grants(pageId).map((grant) => ({ page_id: pageId, ...grant }));
  return json(200, JSON.stringify({ shares, as_of: then }));
}

export function alarmThen({ pagesAt }: Then, pageId: string, alarmId: string, then: AsOf): Reply {
  const page = pagesAt.page(pageId, then.position);
  const alarm = page && pagesAt.alarm(pageId, alarmId, page.seq);
  if (alarm === undefined) return refused(notFound('alarm'));
  return json(200, `${alarm.slice(0, -1)},"as_of":${JSON.stringify(then)}}`);
}
