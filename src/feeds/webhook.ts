/** What a subscription knows of its webhook: where to, signed with which secrets, and how the last tries went. Pure. */
import { createHmac, randomBytes } from 'node:crypto';

/** How long the former secret is valid after a rotation, in milliseconds. */
export const ROTATION_MS = 24 * 3_600_000;

/** Pauses before the tries after a failure, in seconds; the last one again and again. */
const PAUSES_S = [5, 30, 120, 300, 900, 1_800, 3_600];

/** Longest pause that an answer can ask for, in milliseconds. */
const LONGEST_ASKED_MS = 24 * 3_600_000;

export interface Secret {
  /** `whsec_` and 32 bytes in base64. */
  readonly text: string;
  /** Milliseconds since 1970: it signs until then; null: it is the current one. */
  readonly until: number | null;
}

export interface Webhook {
  readonly url: string;
  /** Events that are older, in seconds, are skipped; null: none are. */
  readonly max_age_s: number | null;
  /** The current one first. */
  readonly secrets: readonly Secret[];
  /** Why nothing is sent any more, until the next PUT; null: it is sent. */
  readonly paused: string | null;
}

export const newSecret = (): Secret => ({ text: `whsec_${randomBytes(32).toString('base64')}`, until: null });

/** With another secret; the former one is valid for a day. */
export const rotated = (webhook: Webhook, secret: Secret, now: number): Webhook => ({
  ...webhook,
  secrets: [
    secret,
    ...webhook.secrets
      .filter(({ until }) => until === null)
      .slice(0, 1)
      .map(({ text }) => ({ text, until: now + ROTATION_MS })),
  ],
});

/** The headers of Standard Webhooks. `id`: the same for each try of the same batch. `now`: milliseconds since 1970. */
export function signatureHeaders(
  { secrets }: Pick<Webhook, 'secrets'>,
  id: string,
  body: Buffer,
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1_000));
  const signatures = secrets
    .filter(({ until }) => until === null || until > now)
    .map(({ text }) => {
      const key = Buffer.from(text.slice('whsec_'.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
    });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/**
 * How long to wait after so many failures in a row, in milliseconds, with ± 10 %. `random`: from 0 to 1. `asked`: what the answer asks for
 * (Retry-After), seconds or a date.
 */
export function pauseAfter(failures: number, random: number, asked: string | undefined, now: number): number {
  const pauseS = PAUSES_S[Math.min(failures, PAUSES_S.length) - 1] ?? 5;
  const own = pauseS * 1_000 * (0.9 + 0.2 * random);
  if (asked === undefined) return own;
  const askedMs = /^\d+$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now;
  return Number.isFinite(askedMs) ? Math.max(own, Math.min(askedMs, LONGEST_ASKED_MS)) : own;
}
