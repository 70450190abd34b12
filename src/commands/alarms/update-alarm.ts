/** Changes the given fields of an alarm and keeps the others. */
import { z } from 'zod';
import { AlarmId, Condition, Option, Ticker } from '../../domain/fields.js';
import { notFound } from '../../domain/refusals.js';
import { pageCommand, sealedNote } from '../command.js';
import { withExpiryInUtc } from './expiry.js';
import { settingFields } from './setting-fields.js';

const changes = {
  ticker: Ticker.optional(),
  option: Option.optional(),
  condition: Condition.optional(),
  active: z.boolean().optional(),
  ...settingFields,
};

export const updateAlarm = pageCommand('update_alarm', {
  summary: 'Change fields of an alarm; omitted fields keep their value.',
  payload: z
    .object({ alarm_id: AlarmId, ...changes })
    .refine((payload) => Object.keys(changes).some((field) => payload[field as keyof typeof changes] !== undefined), {
      message: `give at least one of ${Object.keys(changes).join(', ')}`,
    }),
  freeText: 'note',
  page: ({ alarm_id }, live) => live.pageOfAlarm(alarm_id)?.id,
  missing: 'alarm',
  needs: 'edit',
  decide: ({ note, ...payload }, page, circumstances) => {
    if (!page.alarms.get(payload.alarm_id)) return notFound('alarm');
    const data = withExpiryInUtc('update_alarm', payload, circumstances.at);
    return 'code' in data ? data : { type: 'AlarmUpdated', data: { ...data, ...sealedNote(note, circumstances) } };
  },
  done: 'alarm_updated',
  http: { method: 'PATCH', path: '/alarms/{alarm_id}', status: 200 },
});
