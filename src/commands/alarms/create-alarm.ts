/** A new alarm on a page, active at once. */
import { z } from 'zod';
import { Condition, Option, PageId, Ticker } from '../../domain/fields.js';
import { refuse } from '../../domain/refusals.js';
import { pageCommand } from '../command.js';
import { limitReached } from '../count-limits.js';

export const createAlarm = pageCommand('create_alarm', {
  summary: 'Put a new alarm on a page.',
  payload: z.object({ page_id: PageId, ticker: Ticker, option: Option, condition: Condition }),
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'edit',
  decide: ({ ticker, option, condition }, page, { newId, live, limits, underWay }) => {
    const alarm_id = newId();
    // It follows from the command's id; an id older than what is remembered would make the same alarm again.
    if (page.alarms.get(alarm_id) || live.pageOfAlarm(alarm_id))
      return refuse('id_reused', 'This command id made an alarm long ago: use a new id');
    return (
      limitReached(page.alarms.size, limits.alarmsPerPage, 'alarms may be on one page') ??
      limitReached(
        live.alarmsOwnedBy(page.owner_id) + underWay,
        limits.alarmsPerUser,
        'alarms may be on the pages of one owner',
      ) ?? { type: 'AlarmCreated', data: { alarm_id, ticker, option, condition } }
    );
  },
  done: 'alarm_created',
  http: { method: 'POST', path: '/pages/{page_id}/alarms', status: 201 },
});
