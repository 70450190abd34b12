/** The desks side by side: a column each, and before them the market's price. Colours only where a person looks at a terminal. */

/** Widths in characters; together below the hundred that a page of documentation has room for. */
const PRICE_WIDTH = 9;
const COLUMN_WIDTH = 27;
const EDGE = ' │ ';

const styles = { plain: '', dim: '2', bold: '1', good: '32', bad: '31', ring: '33;1' } as const;
export type Style = keyof typeof styles;

const isColoured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
export const styled = (text: string, style: Style): string =>
  isColoured && style !== 'plain' ? `\x1b[${styles[style]}m${text}\x1b[0m` : text;

interface Line {
  readonly text: string;
  readonly style: Style;
}

export class Transcript {
  /** What each desk has received since the last row, one line of its column each. */
  readonly #heard: Line[][];

  constructor(names: readonly string[]) {
    this.#heard = names.map(() => []);
    names.forEach((name, column) => this.hear(column, name, 'bold'));
    this.show('EUR/USD');
    write(['─'.repeat(PRICE_WIDTH), ...names.map(() => '─'.repeat(COLUMN_WIDTH))].join('─┼─'));
  }

  /** Notes what a desk has received, to be shown with the next row. */
  hear(column: number, text: string, style: Style = 'plain'): void {
    for (const part of wrapped(text)) this.#heard[column]!.push({ text: part, style });
  }

  /** Shows what was received. Desks that receive the same messages receive them in the same order, so they are shown side by side. */
  show(price = ''): void {
    const rows = Math.max(price === '' ? 0 : 1, ...this.#heard.map((lines) => lines.length));
    for (let row = 0; row < rows; row += 1) {
      const cells = this.#heard.map((lines) =>
        styled((lines[row]?.text ?? '').padEnd(COLUMN_WIDTH), lines[row]?.style ?? 'plain'),
      );
      write([styled((row === 0 ? price : '').padStart(PRICE_WIDTH), 'dim'), ...cells].join(EDGE));
    }
    for (const lines of this.#heard) lines.length = 0;
  }

  /** What happens next, across all columns. */
  tell(sentence: string): void {
    this.show();
    write(`\n${styled(sentence, 'bold')}`);
  }
}

export const write = (line: string): void => void process.stdout.write(`${line.trimEnd()}\n`);

/** The words on as many lines as a column needs; what follows the first is indented. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMN_WIDTH) {
      lines.push(line);
      line = ' ';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
