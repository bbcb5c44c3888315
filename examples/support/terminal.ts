// Everything that is printed goes through here, so that steps and story need not care how it looks.

type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red';

const codes: Record<Style, string> = { bold: '1', dim: '2', green: '32', yellow: '33', red: '31' };
const margin = '  ';

/** Colours are for people at a terminal who have not said that they want none (https://no-color.org). */
function paint(text: string, style: Style, stream: NodeJS.WriteStream = process.stdout): string {
  return stream.isTTY && !process.env['NO_COLOR'] ? `\x1b[${codes[style]}m${text}\x1b[0m` : text;
}

let blank = false;

function line(text: string): void {
  process.stdout.write(`${margin}${text}\n`);
  blank = false;
}

/** An empty line, unless there is one already. */
function gap(): void {
  if (!blank) process.stdout.write('\n');
  blank = true;
}

export function heading(text: string): void {
  gap();
  process.stdout.write(`${paint(text, 'bold')}\n${paint('-'.repeat(text.length), 'dim')}\n`);
  blank = false;
}

/** A paragraph, broken at words. */
export function say(text: string): void {
  for (const part of wrap(text)) line(part);
}

/** Something that was done. */
export function done(text: string): void {
  marked('+', 'green', text);
}

/** Something that cannot be had, and why. */
export function note(text: string): void {
  marked('!', 'yellow', text);
}

function marked(mark: string, style: Style, text: string): void {
  wrap(text).forEach((part, i) => {
    line(`${i === 0 ? paint(mark, style) : ' '} ${part}`);
  });
}

function wrap(text: string): string[] {
  const width = Math.min(process.stdout.columns || 100, 100) - 2 * margin.length;
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let current = '';
    for (const word of paragraph.split(' ')) {
      if (current !== '' && current.length + 1 + word.length > width) {
        lines.push(current);
        current = '';
      }
      current += current === '' ? word : ` ${word}`;
    }
    lines.push(current);
  }
  return lines;
}

export function failure(text: string): void {
  process.stderr.write(`\n${paint(text, 'red', process.stderr)}\n`);
}

export function table(columns: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = columns.map((column, i) => Math.max(column.length, ...rows.map((row) => (row[i] ?? '').length)));
  const align = (cells: readonly string[]) =>
    widths
      .map((width, i) => (cells[i] ?? '').padEnd(width))
      .join('   ')
      .trimEnd();
  gap();
  line(paint(align(columns), 'bold'));
  line(paint(widths.map((width) => '-'.repeat(width)).join('   '), 'dim'));
  for (const row of rows) line(align(row));
  if (rows.length === 0) line(paint('(none)', 'dim'));
  gap();
}

/** Names and values, one to a line. */
export function facts(pairs: readonly (readonly [name: string, value: string])[]): void {
  const width = Math.max(...pairs.map(([name]) => name.length));
  for (const [name, value] of pairs) line(`${paint(name.padEnd(width), 'bold')}   ${value}`);
}

/** A text as it is, such as XML. */
export function block(text: string): void {
  gap();
  for (const part of text.trimEnd().split('\n')) line(paint(part, 'dim'));
  gap();
}

/** A drawing, as it is. */
export function drawing(lines: readonly string[]): void {
  gap();
  for (const part of lines) line(part);
  gap();
}

export function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}
