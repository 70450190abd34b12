/** The drawer at the right. It leaves the table usable; Escape closes it, and the focus goes back to where it was. */
import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { close } from '../state/ui.js';
import { Icon } from './icon.js';

interface DrawerProps {
  readonly title: string;
  /** What has the focus at first: its title, or the first field in it. */
  readonly startsAt?: 'title' | 'field';
  readonly children: ComponentChildren;
}

export function Drawer({ title, startsAt = 'field', children }: DrawerProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const drawer = useRef<HTMLElement>(null);
  const id = useId();
  // Not after the next frame: what is typed as soon as a field is there would go into another one.
  useLayoutEffect(() => {
    const first = drawer.current?.querySelector<HTMLElement>('.drawer-body input, .drawer-body textarea');
    ((startsAt === 'field' && first) || heading.current)?.focus();
  }, [startsAt]);
  return (
    <aside class="drawer" aria-labelledby={id} ref={drawer}>
      <header class="drawer-head">
        <h2 id={id} ref={heading} tabIndex={-1} title={title}>
          <bdi>{title}</bdi>
        </h2>
        <button type="button" class="button bare" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div class="drawer-body">{children}</div>
    </aside>
  );
}
