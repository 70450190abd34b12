/** What a client says on a socket that is no command: it changes nothing but what its socket is sent. */
import { z } from 'zod';
import { PageId } from '../domain/fields.js';

/** Pages that a resume may name: what fits into it with ids as this server makes them. */
export const RESUME_PAGES = 20_000;

const HeldSeq = z.number().int().min(0).meta({ description: 'The seq of the last event that is held.' });
const ResumePayload = z.object({
  log: z.string().min(1).max(64),
  pages: z
    .record(z.string().min(1).max(64), HeldSeq)
    .meta({ description: 'The last seq held of each page, by its id.' }),
});
export type ResumePayload = z.infer<typeof ResumePayload>;
const SyncPayload = z.object({ page_id: PageId, seq: HeldSeq });
export type SyncPayload = z.infer<typeof SyncPayload>;

const RefreshPayload = z.object({
  token: z.string().min(1).max(4_096).meta({ description: 'From POST /token, POST /login or POST /password.' }),
});

export const requests = {
  resume: { summary: 'Says what the client holds, on a socket that was opened to resume.', payload: ResumePayload },
  sync: { summary: 'Asks for what was missed of one page.', payload: SyncPayload },
  refresh: { summary: 'Goes on with a new token of the same user, without losing a message.', payload: RefreshPayload },
} as const satisfies Readonly<Record<string, { readonly summary: string; readonly payload: z.ZodType }>>;
export type RequestType = keyof typeof requests;
