/** What the server tells of a page's past. */
import { AlarmServerError, pageHistory, pageAt as readPageAt } from '@alarm-server/client';
import type { PastSource } from './page-past.js';
import { patiently } from './patience.js';
import { SERVER, token } from './session.js';

export const pastOf = (pageId: string): PastSource => ({
  events: async (afterSeq, limit) =>
    (await patiently(() => pageHistory(SERVER, token(), pageId, { afterSeq, limit }))).events,
  pageAt: async (at) => {
    try {
      return await patiently(() => readPageAt(SERVER, token(), pageId, at));
    } catch (error) {
      if (error instanceof AlarmServerError && error.status === 404) return undefined;
      throw error;
    }
  },
});
