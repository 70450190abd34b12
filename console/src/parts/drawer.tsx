/** The drawer at the right. It leaves the table usable; Escape closes it, and the focus goes back to where it was. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { close } from '../state/ui.js';
import { Icon } from './icon.js';

export function Drawer({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const drawer = useRef<HTMLElement>(null);
  const id = useId();
  useEffect(() => {
    const first = drawer.current?.querySelector<HTMLElement>('.drawer-body input, .drawer-body textarea');
    (first ?? heading.current)?.focus();
  }, []);
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
