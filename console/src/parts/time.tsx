/** A moment: how long ago, and exactly when pointed at, when copied, and to a screen reader. */
import { exactTime, relativeTime } from '../state/format.js';
import { now } from '../state/live.js';

export const Ago = ({ at }: { at: string | null | undefined }) =>
  at ? (
    <time dateTime={at} title={exactTime(at)} data-exact={at}>
      {relativeTime(at, now.value)}
    </time>
  ) : (
    <span class="nothing">never</span>
  );

export const Moment = ({ at }: { at: string }) => (
  <time dateTime={at} title={at} data-exact={at}>
    {exactTime(at)}
  </time>
);
