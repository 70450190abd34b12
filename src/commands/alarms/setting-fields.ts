/** The settings that an alarm can be given; null: the default. */
import { CooldownS, Mode, Severity, Tags } from '../../domain/fields.js';

export const settingFields = {
  severity: Severity.nullable().optional().meta({ description: 'null: medium, the default.' }),
  mode: Mode.nullable().optional().meta({
    description:
      'every (null, the default): each trigger is told. once: the first one also switches the alarm off. cooldown: those within cooldown_s of the last one told are counted quietly.',
  }),
  cooldown_s: CooldownS.nullable().optional().meta({ description: 'In seconds; null: 60, the default.' }),
  tags: Tags.nullable().optional().meta({ description: 'null: none.' }),
};
