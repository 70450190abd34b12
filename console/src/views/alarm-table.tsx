/** The table of alarms. Only the rows that can be seen, and a few around them, are in the document. */
import type { Page } from '@alarm-server/client';
import { useSignalEffect } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon.js';
import { setQuery } from '../state/address.js';
import { chosenIds } from '../state/chosen.js';
import { moveRow } from '../state/keys.js';
import { writeSorting } from '../state/rows.js';
import { focusMoved, pointerMoved, rows, sorting } from '../state/table.js';
import { activeRow, open } from '../state/ui.js';
import { AlarmRow } from './alarm-row.js';
import { columns } from './columns.js';

/** Rows above and below the visible ones. */
const AROUND = 8;

export function AlarmTable({ page }: { page: Page }) {
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const ruler = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800, row: 36 });
  const { rows: list } = rows.value;

  useLayoutEffect(() => {
    const measure = (): void => {
      const [box, line] = [scroller.current, ruler.current];
      if (!box || !line) return;
      const next = { top: box.scrollTop, height: box.clientHeight, row: line.offsetHeight || 36 };
      setView((view) => (view.top === next.top && view.height === next.height && view.row === next.row ? view : next));
    };
    measure();
    const box = scroller.current!;
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    observer.observe(ruler.current!);
    box.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener('scroll', measure);
    };
  }, []);

  // The row that keys moved to, or that was just made, is brought into view as soon as it is there, and then focused.
  const shownActive = useRef<string | undefined>(undefined);
  useSignalEffect(() => {
    const id = activeRow.value;
    if (id === shownActive.current) return;
    const at = rows.value.rows.findIndex((alarm) => alarm.id === id);
    const [box, line] = [scroller.current, ruler.current];
    if (at < 0 || !box || !line) return;
    shownActive.current = id;
    const [row, head] = [line.offsetHeight, body.current?.offsetTop ?? 0];
    if (at * row < box.scrollTop) box.scrollTop = at * row;
    else if ((at + 1) * row + head > box.scrollTop + box.clientHeight)
      box.scrollTop = (at + 1) * row + head - box.clientHeight;
  });
  useEffect(() => () => focusMoved(false), []);

  const first = Math.max(0, Math.floor(view.top / view.row) - AROUND);
  const last = Math.min(list.length, Math.ceil((view.top + view.height) / view.row) + AROUND);
  const active = activeRow.value;
  const chosen = chosenIds.value;
  // One row can be reached by Tab: the active one, or the first.
  const reachable = list.some(({ id }) => id === active) ? active : list[0]?.id;
  const shown = list.slice(first, last);
  // Kept although it is out of sight: the focus would be lost with it.
  const kept =
    active !== undefined && !shown.some(({ id }) => id === active) ? list.findIndex(({ id }) => id === active) : -1;

  return (
    <div
      class="table"
      ref={scroller}
      data-testid="alarm-table"
      role="grid"
      aria-label="Alarms"
      aria-rowcount={list.length + 1}
      aria-multiselectable="true"
      onKeyDown={moved}
      onFocusIn={({ target }) => focusMoved((target as Element).closest('.row') !== null)}
      onFocusOut={({ relatedTarget }) => focusMoved(body.current?.contains(relatedTarget as Node) ?? false)}
    >
      <div class="row-ruler" ref={ruler} aria-hidden="true" />
      <Head />
      <div
        class="rows"
        role="rowgroup"
        ref={body}
        style={{ height: `${list.length * view.row}px` }}
        onPointerMove={pointerMoved}
      >
        {shown.map((alarm, at) => (
          <AlarmRow
            key={alarm.id}
            alarm={alarm}
            page={page}
            at={first + at}
            top={(first + at) * view.row}
            isActive={alarm.id === active}
            isReachable={alarm.id === reachable}
            isChosen={chosen.has(alarm.id)}
          />
        ))}
        {kept >= 0 && (
          <AlarmRow
            key={active}
            alarm={list[kept]!}
            page={page}
            at={kept}
            top={kept * view.row}
            isActive
            isReachable
            isChosen={chosen.has(active!)}
          />
        )}
      </div>
    </div>
  );
}

function moved(event: KeyboardEvent): void {
  if (!(event.target as Element).classList.contains('row')) return;
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -1e9, End: 1e9 }[event.key];
  if (by !== undefined) {
    moveRow(by);
    event.preventDefault();
  } else if (event.key === 'Enter' || event.key === ' ') {
    const alarmId = (event.target as HTMLElement).dataset['alarmId'];
    if (alarmId !== undefined) open({ kind: 'alarm', alarmId });
    event.preventDefault();
  }
}

function Head() {
  const current = sorting.value;
  return (
    <div class="head" role="row" aria-rowindex={1}>
      {columns.map(({ id, title, sort, isRight, head }) => {
        const isCurrent = sort !== undefined && current.column === sort;
        const direction = isCurrent ? (current.isDescending ? 'descending' : 'ascending') : undefined;
        return (
          <div key={id} role="columnheader" class={`cell c-${id} ${isRight ? 'right' : ''}`} aria-sort={direction}>
            {head !== undefined ? (
              head
            ) : sort === undefined ? (
              title === '' ? (
                <span class="only-read">Actions</span>
              ) : (
                <span>{title}</span>
              )
            ) : (
              <button
                type="button"
                onClick={() =>
                  setQuery({ sort: writeSorting({ column: sort, isDescending: isCurrent && !current.isDescending }) })
                }
              >
                {title}
                {isCurrent && <Icon name={current.isDescending ? 'down' : 'up'} />}
              </button>
            )}
          </div>
        );
      })}
    </div>
  );
}
