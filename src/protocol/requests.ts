/** Messages of clients that are not commands: they change nothing but what their socket is sent. */
import { z } from 'zod';
import { PageId } from '../domain/fields.js';

/** Maximum number of pages in a resume: what fits into it with ids of this server. */
export const RESUME_PAGES = 20_000;

const HeldSeq = z.number().int().min(0).meta({ description: 'The seq of the last event that the client holds.' });
const ResumePayload = z.object({
  log: z.string().min(1).max(64),
  pages: z
    .record(z.string().min(1).max(64), HeldSeq)
    .meta({ description: 'The last seq that the client holds of each page, by page id.' }),
});
export type ResumePayload = z.infer<typeof ResumePayload>;
const SyncPayload = z.object({ page_id: PageId, seq: HeldSeq });
export type SyncPayload = z.infer<typeof SyncPayload>;

const RefreshPayload = z.object({
  token: z.string().min(1).max(4_096).meta({ description: 'From POST /token, POST /login or POST /password.' }),
});

export const requests = {
  resume: {
    summary: 'Resume: sends what the client holds, on a socket that was opened to resume.',
    payload: ResumePayload,
  },
  sync: { summary: 'Request the missed events of one page.', payload: SyncPayload },
  refresh: {
    summary: "Replace the socket's token by a new one of the same user, without losing a message.",
    payload: RefreshPayload,
  },
} as const satisfies Readonly<Record<string, { readonly summary: string; readonly payload: z.ZodType }>>;
export type RequestType = keyof typeof requests;
