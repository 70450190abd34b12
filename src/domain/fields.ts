/** The fields of commands and events, each with its bounds. */
import { z } from 'zod';
import { givenMoment, YEAR_10000 } from './given-moment.js';

/**
 * Invisible characters that change what people see: bidirectional controls, which reorder the text after them, and zero-width
 * characters. Joiners are included, so an emoji made of several is refused; variation selectors are allowed.
 */
const UNSEEN =
  /[\p{Bidi_Control}\u00AD\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]/u;

/** Text typed by a person, all of it visible. No control characters and no lone surrogates, because some stores and clients do not preserve them. */
const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be text without control characters')
    .refine(
      (value) => !UNSEEN.test(value),
      'must not contain invisible characters or characters that change the direction of text',
    );

/** Free text of people: it may have several lines. */
const freeText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^(?:[^\p{Cc}\p{Cs}]|[\t\n\r])*$/u, 'must be text without control characters')
    .refine(
      (value) => !UNSEEN.test(value),
      'must not contain invisible characters or characters that change the direction of text',
    );

/** Ids are opaque: an id that was never issued is simply not found. */
const id = (what: string, example: string) =>
  z
    .string()
    .min(1)
    .max(64)
    .meta({ description: `Id of a ${what}`, example });

export const UserId = id('user', '0d6f0a64-9c0e-4b8b-8f53-4c3a8f1e2b10');
export const GroupId = id('group', '4f0c7b1e-2a64-5d3f-a9a1-7c5e9d0b6f22');
export const PageId = id('page', '6b1f0f4e-3f0a-5d0c-9a57-0f5f6f1f9b11');
export const AlarmId = id('alarm', '9a3d5c72-8e41-5b6a-b0d4-1f2e3c4d5a33');

export const PageName = text(1, 200).meta({ example: 'Alarmes EUR/USD' });
export const GroupName = text(1, 200).meta({ example: 'Desk Euro' });
export const Ticker = text(1, 100).meta({ example: 'EUR/USD' });
export const Option = text(0, 100).meta({ example: 'spot' });
export const Condition = text(0, 500).meta({ example: 'above' });

export const Severity = z.enum(['low', 'medium', 'high', 'critical']);
export type Severity = z.infer<typeof Severity>;

/** Which triggers of an alarm are told: each; only the first, which also switches it off; or one in each `cooldown_s`. */
export const Mode = z.enum(['every', 'once', 'cooldown']);
export type Mode = z.infer<typeof Mode>;

/** In seconds, up to a week. */
export const CooldownS = z.int().min(1).max(604_800).meta({ example: 300 });

/** How long an alarm is snoozed, in seconds, up to a week. */
export const MAX_SNOOZE_S = 604_800;
export const SnoozeS = z.int().min(1).max(MAX_SNOOZE_S).meta({ example: 3600 });

/** In seconds, up to a day. */
export const RenotifyS = z.int().min(30).max(86_400).meta({ example: 300 });
export const RenotifyMax = z.int().min(1).max(100).meta({ example: 10 });

export const Tags = z
  .array(text(1, 50))
  .max(20)
  .meta({ example: ['ecb', 'desk-2'] });

/** What to do when an alarm fires. */
export const Note = freeText(2_000).meta({ example: 'Call the desk in Frankfurt before selling.' });

/** What somebody says about an alarm. */
export const CommentText = freeText(2_000).meta({ example: 'Spread is back to normal.' });

/** What somebody says with another command. */
export const Comment = freeText(500).meta({ example: 'On it.' });

/** Any finite number: negative prices have been traded. */
export const Price = z.number().meta({ example: 1.085 });

export const SubjectType = z.enum(['user', 'group']);
export type SubjectType = z.infer<typeof SubjectType>;

/** Roles that a user may hold. */
export const Role = z.enum(['auditor', 'operator']);
export type Role = z.infer<typeof Role>;

/** What an access token may be used for: reading everything that its owner may see, or triggering alarms. */
export const Ability = z.enum(['read', 'trigger']);
export type Ability = z.infer<typeof Ability>;

export const AccessTokenId = id('access token', '2c6a9f3e-5b1d-4e7a-8f20-6d4c3b2a1908');
export const AccessTokenName = text(1, 100).meta({ example: 'price feed' });

export const SubscriptionName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must have 1 to 64 letters, digits, dots, hyphens or underscores, and begin with a letter or digit',
  )
  .meta({ description: 'Name of a subscription, among those of its user', example: 'ledger' });

/** Names a running consumer of a subscription, so that its lease is renewed and not given twice. */
export const ConsumerName = text(1, 100).meta({ example: 'worker-1' });

/** A seq of a page that somebody has seen. */
export const SeenSeq = z.int().min(0).meta({ example: 13, description: "The page's last seq that one has seen." });

/** Why a moment does not exist; undefined where it has another form, for which there is a message. */
function faultOf(input: unknown): string | undefined {
  const given = typeof input === 'string' ? givenMoment(input) : undefined;
  return given && 'fault' in given ? given.fault : undefined;
}

/** A moment that a command or a query names: RFC 3339 with an offset. */
export const GivenMoment = z.iso
  .datetime({ offset: true, error: ({ input }) => faultOf(input) })
  .refine((value) => Date.parse(value) < YEAR_10000, 'must be before the year 10000')
  .meta({ example: '2026-01-15T18:00:00Z' });

/** As events hold it: UTC, milliseconds. */
export const momentText = (given: string): string => new Date(given).toISOString();

/** A timestamp on the wire and in the log: RFC 3339, UTC, milliseconds. */
export const Moment = z.string().meta({ format: 'date-time', example: '2026-01-15T10:30:00.000Z' });
