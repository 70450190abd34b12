/** How an alarm is set, where that is not the default, as lines of the list of facts. */
import type { Alarm } from '@alarm-server/client';
import { Moment } from '../parts/time.js';
import { plural, span } from '../state/format.js';
import { livedOf } from '../state/life.js';

export function SettingFacts({ alarm }: { alarm: Alarm }) {
  const { mode = 'every', cooldown_s = 60, expires_at, renotify_s, renotify_max = 30, tags } = livedOf(alarm);
  return (
    <>
      {mode === 'once' && (
        <>
          <dt>Mode</dt>
          <dd>once: the first trigger switches it off</dd>
        </>
      )}
      {mode === 'cooldown' && (
        <>
          <dt>Mode</dt>
          <dd>cooldown: quiet for {span(cooldown_s)} after a trigger</dd>
        </>
      )}
      {renotify_s !== undefined && (
        <>
          <dt>Told again</dt>
          <dd>
            every {span(renotify_s)}, {plural(renotify_max, 'time')} at most
          </dd>
        </>
      )}
      {expires_at !== undefined && (
        <>
          <dt>Expires</dt>
          <dd>
            <Moment at={expires_at} />
          </dd>
        </>
      )}
      {tags && (
        <>
          <dt>Tags</dt>
          <dd>
            <bdi>{tags.join(', ')}</bdi>
          </dd>
        </>
      )}
    </>
  );
}
