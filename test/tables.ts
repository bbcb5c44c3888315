/** The project's tables: cells between tabs, the columns' names first, and comments. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from '@jest/globals';

const root = path.join(__dirname, '..');

export type Row = Readonly<Record<string, string>>;

/** The rows of a table of this tree, or of a copy of it, by the names of their columns. */
export function readTable(file: string, place = root): Row[] {
  const lines = readFileSync(path.join(place, file), 'utf8').split('\n');
  const [head = '', ...body] = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const columns = head.split('\t');
  return body.map((line) => {
    const cells = line.split('\t');
    expect({ line, cells: cells.length }).toEqual({ line, cells: columns.length });
    return Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']));
  });
}

/** The same, by the columns' places. */
export const readCells = (file: string, place = root): string[][] =>
  readTable(file, place).map((row) => Object.values(row));

/** One cell; a column that is not there fails the test. */
export function cell(row: Row | undefined, column: string): string {
  const text = row?.[column];
  if (text === undefined) throw new Error(`no column ${column}`);
  return text;
}
