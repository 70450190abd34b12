/** An alarm as it is after it was created. */
import type { Alarm } from '../../src/domain/alarm.js';

export const ALARM: Alarm = {
  id: 'alarm',
  page_id: 'page',
  ticker: 'EUR/USD',
  option: 'spot',
  condition: 'above',
  active: true,
  last_triggered: null,
};
