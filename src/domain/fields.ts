/** The fields that commands and events are made of, each with its bounds. */
import { z } from 'zod';

/**
 * Characters that change what people see without being seen: bidirectional controls, which turn the order of what follows, and
 * characters of no width. Joiners are among them, so an emoji made of several is refused; variation selectors are not.
 */
const UNSEEN =
  /[\p{Bidi_Control}\u00AD\u115F\u1160\u17B4\u17B5\u180E\u200B-\u200F\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB]/u;

/** Text a person typed, all of which people see: no control characters and no lone surrogates, which not every store and client keeps as they are. */
const text = (min: number, max: number) =>
  z
    .string()
    .min(min)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must be text without control characters')
    .refine(
      (value) => !UNSEEN.test(value),
      'must not contain invisible characters or such as change the direction of text',
    );

/** An id is opaque: one that was never given out is simply not found. */
const id = (what: string) =>
  z
    .string()
    .min(1)
    .max(64)
    .meta({ description: `Id of a ${what}`, example: '6b1f0f4e-3f0a-5d0c-9a57-0f5f6f1f9b11' });

export const UserId = id('user');
export const GroupId = id('group');
export const PageId = id('page');
export const AlarmId = id('alarm');

export const PageName = text(1, 200).meta({ example: 'Alarmes EUR/USD' });
export const GroupName = text(1, 200).meta({ example: 'Desk Euro' });
export const Ticker = text(1, 100).meta({ example: 'EUR/USD' });
export const Option = text(0, 100).meta({ example: 'spot' });
export const Condition = text(0, 500).meta({ example: 'above' });

/** Any finite number: prices below zero have been traded. */
export const Price = z.number().meta({ example: 1.085 });

export const SubjectType = z.enum(['user', 'group']);
export type SubjectType = z.infer<typeof SubjectType>;

/** A moment as the wire and the log write it: RFC 3339, UTC, milliseconds. */
export const Moment = z.string().meta({ format: 'date-time', example: '2026-01-15T10:30:00.000Z' });
