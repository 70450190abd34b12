/** The schemas of the events about what users were refused. */
import { z } from 'zod';
import { Moment } from './fields.js';

export const ofDenied = {
  /**
   * A user was refused a command or a read. `what`: the command's type, or the read's operation in /openapi.json. `target`: an id of ours, and
   * `page_id` the page that it is or was on; null if there was none. `code`: of the refusal. `rule`: of docs/spec.md. `judged`: position of the
   * log at which it was refused.
   */
  CommandDenied: z.object({
    what: z.string(),
    target: z.string().nullable(),
    page_id: z.string().nullable(),
    code: z.string(),
    rule: z.string(),
    judged: z.string(),
  }),
  /** Refusals between two moments that were not recorded one by one: of each user; and `others`, of users who are not named. */
  DenialsSummarised: z.object({
    from: Moment,
    until: Moment,
    users: z.array(z.object({ user_id: z.string(), count: z.number().int() })),
    others: z.number().int(),
  }),
};
