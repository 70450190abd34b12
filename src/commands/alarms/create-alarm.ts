/** Creates an alarm on a page. It is active from the start. */
import { z } from 'zod';
import { settingChanges } from '../../domain/alarm-settings.js';
import { Condition, Option, PageId, Ticker } from '../../domain/fields.js';
import { refuse } from '../../domain/refusals.js';
import { pageCommand, sealedNote } from '../command.js';
import { limitReached } from '../count-limits.js';
import { withExpiryInUtc } from './expiry.js';
import { settingFields } from './setting-fields.js';

export const createAlarm = pageCommand('create_alarm', {
  summary: 'Create an alarm on a page.',
  payload: z.object({ page_id: PageId, ticker: Ticker, option: Option, condition: Condition, ...settingFields }),
  freeText: 'note',
  page: ({ page_id }) => page_id,
  missing: 'page',
  needs: 'edit',
  decide: ({ ticker, option, condition, note, ...settings }, page, circumstances) => {
    const { at, newId, live, limits, underWay } = circumstances;
    const given = withExpiryInUtc('create_alarm', settings, at);
    if ('code' in given) return given;
    const alarm_id = newId();
    // The alarm's id is derived from the command's id. An id older than the idempotency records would create the same alarm again.
    if (page.alarms.get(alarm_id) || live.pageOfAlarm(alarm_id))
      return refuse('id_reused', 'This command id already created an alarm: use a new id');
    return (
      limitReached(page.alarms.size, limits.alarmsPerPage, 'alarms may be on one page') ??
      limitReached(
        live.alarmsOwnedBy(page.owner_id) + underWay,
        limits.alarmsPerUser,
        'alarms may be on the pages of one owner',
      ) ?? {
        type: 'AlarmCreated',
        data: {
          alarm_id,
          ticker,
          option,
          condition,
          ...settingChanges({ ...given, ...sealedNote(note, circumstances) }),
        },
      }
    );
  },
  done: 'alarm_created',
  http: { method: 'POST', path: '/pages/{page_id}/alarms', status: 201 },
});
