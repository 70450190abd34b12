/** A row of the table. It is drawn again only when its alarm, its place or its mark has changed. */
import type { Alarm, Page } from '@alarm-server/client';
import { Component, createRef } from 'preact';
import { needsAttention, stateOf } from '../state/life.js';
import { type Mark, markOf, seen } from '../state/marks.js';
import { activeRow, open } from '../state/ui.js';
import { columns } from './columns.js';

interface RowProps {
  readonly alarm: Alarm;
  readonly page: Page;
  readonly at: number;
  /** In CSS pixels from the top of the rows. */
  readonly top: number;
  readonly isActive: boolean;
  readonly isReachable: boolean;
  readonly isChosen: boolean;
}

/** Rows that flash at once. In a storm of triggers more would say less, and painting them takes the time of everything else. */
const FLASHES_LIMIT = 8;
const flashing = new Set<Animation>();

export class AlarmRow extends Component<RowProps> {
  readonly #row = createRef<HTMLDivElement>();
  #mark: Mark | undefined = markOf(this.props.alarm.id);
  /** Flashes that this row has not shown: those before it came into sight are over. */
  #flashes = this.#mark?.flashes ?? 0;
  #drawn = this.#mark;
  #flashing: Animation | undefined;

  override shouldComponentUpdate(next: RowProps): boolean {
    this.#mark = markOf(next.alarm.id);
    return (
      this.#mark !== this.#drawn ||
      (Object.keys(next) as (keyof RowProps)[]).some((name) => next[name] !== this.props[name])
    );
  }

  override componentDidMount(): void {
    this.#focus();
  }

  override componentDidUpdate(before: RowProps): void {
    if (!before.isActive) this.#focus();
    const flashes = this.#mark?.flashes ?? 0;
    if (flashes !== this.#flashes) this.#flash();
    this.#flashes = flashes;
  }

  /** The active row has the focus while no drawer, dialog or field has it. */
  #focus(): void {
    const { activeElement } = document;
    if (!this.props.isActive || !this.#row.current) return;
    if (activeElement === document.body || activeElement?.closest('.table'))
      this.#row.current.focus({ preventScroll: true });
  }

  #flash(): void {
    if (flashing.size >= FLASHES_LIMIT || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#flashing?.cancel();
    const animation = this.#row.current?.animate(
      [{ backgroundColor: 'var(--flash)' }, { backgroundColor: 'transparent' }],
      // In steps: each repaint of a row takes time from everything else.
      { duration: 900, easing: 'steps(12, jump-none)' },
    );
    if (!animation) return;
    this.#flashing = animation;
    flashing.add(animation);
    const over = (): boolean => flashing.delete(animation);
    animation.finished.then(over, over);
  }

  override render({ alarm, at, top, isActive, isReachable, isChosen }: RowProps) {
    const mark = this.#mark;
    this.#drawn = mark;
    const state = stateOf(alarm);
    // What is snoozed is quiet.
    const isNew = needsAttention(alarm) || (state === 'none' && mark?.isNew === true);
    return (
      <div
        ref={this.#row}
        class="row"
        role="row"
        data-testid="alarm-row"
        data-alarm-id={alarm.id}
        data-state={state}
        data-active={alarm.active}
        data-new={isNew}
        aria-rowindex={at + 2}
        aria-selected={isChosen}
        data-current={isActive}
        tabIndex={isReachable ? 0 : -1}
        style={{ transform: `translateY(${top}px)` }}
        onFocus={() => (activeRow.value = alarm.id)}
        onClick={(event) => {
          if ((event.target as Element).closest('button, a, label') || String(getSelection()) !== '') return;
          seen(alarm.id);
          activeRow.value = alarm.id;
          open({ kind: 'alarm', alarmId: alarm.id });
        }}
      >
        {columns.map(({ id, isRight, cell }) => (
          <div key={id} role="gridcell" class={`cell c-${id} ${isRight ? 'right' : ''}`}>
            {cell(alarm, isChosen)}
          </div>
        ))}
      </div>
    );
  }
}
