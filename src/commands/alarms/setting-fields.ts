/** The settings that an alarm can be given; null: the default. */
import { CooldownS, GivenMoment, Mode, Note, RenotifyMax, RenotifyS, Severity, Tags } from '../../domain/fields.js';

export const settingFields = {
  severity: Severity.nullable().optional().meta({ description: 'null: medium, the default.' }),
  mode: Mode.nullable().optional().meta({
    description:
      'every (null, the default): each trigger is told. once: the first one also switches the alarm off. cooldown: those within cooldown_s of the last one told are counted quietly.',
  }),
  cooldown_s: CooldownS.nullable().optional().meta({ description: 'In seconds; null: 60, the default.' }),
  tags: Tags.nullable().optional().meta({ description: 'null: none.' }),
  expires_at: GivenMoment.nullable()
    .optional()
    .meta({ description: 'A moment in the future, from which on it is off; null: none.' }),
  renotify_s: RenotifyS.nullable().optional().meta({
    description: 'In seconds: while it is open and not snoozed, it is told again at this interval; null: it is not.',
  }),
  renotify_max: RenotifyMax.nullable().optional().meta({ description: 'How often at most; null: 30, the default.' }),
  note: Note.nullable().optional().meta({ description: 'What to do when it fires; null: none.' }),
};
