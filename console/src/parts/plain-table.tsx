/** A table of what was read. On a narrow screen each row is a card, whose values have the titles of their columns beside them. */
import type { ComponentChildren } from 'preact';

interface PlainTableProps {
  /** An empty one: the cell holds what can be done. */
  readonly titles: readonly string[];
  /** Rows made by `Row`. */
  readonly children: ComponentChildren;
  readonly testId?: string;
}

export const PlainTable = ({ titles, children, testId }: PlainTableProps) => (
  <table class="plain" data-testid={testId}>
    <thead>
      <tr>
        {titles.map((title) => (
          <th key={title} scope="col">
            {title === '' ? <span class="only-read">Actions</span> : title}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>{children}</tbody>
  </table>
);

interface RowProps {
  readonly titles: readonly string[];
  /** In the order of the titles. */
  readonly cells: readonly ComponentChildren[];
  readonly [data: `data-${string}`]: unknown;
}

export const Row = ({ titles, cells, ...attributes }: RowProps) => (
  <tr {...attributes}>
    {cells.map((cell, at) => (
      <td key={titles[at]} data-title={titles[at]}>
        {cell}
      </td>
    ))}
  </tr>
);
