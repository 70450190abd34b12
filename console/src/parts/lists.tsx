/** How a list looks that shows no rows: empty, empty by the filter, without the right, loading, failed. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon.js';

interface BlankProps {
  readonly icon: IconName;
  readonly title: string;
  /** It is all that is shown: its title is the page's heading. */
  readonly isAll?: boolean;
  readonly children?: ComponentChildren;
}

export const Blank = ({ icon, title, isAll = false, children }: BlankProps) => (
  <div class="blank">
    <Icon name={icon} />
    {isAll ? <h1 class="blank-title">{title}</h1> : <p class="blank-title">{title}</p>}
    {children}
  </div>
);

/** Nothing for 200 ms: what comes at once does not flicker. */
export function Loading({ what }: { what: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 200);
    return () => clearTimeout(timer);
  }, []);
  return isLate ? (
    <div class="blank" role="status">
      <span class="spinner" aria-hidden="true" />
      <p>Loading {what} …</p>
    </div>
  ) : null;
}

export const Failed = ({ why, again }: { why: string; again: () => void }) => (
  <div class="blank" role="alert">
    <Icon name="alert" />
    <p class="blank-title">This could not be loaded.</p>
    <p>{why}</p>
    <button type="button" class="button" onClick={again}>
      Try again
    </button>
  </div>
);
