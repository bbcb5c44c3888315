import { drawing } from './terminal.js';

export interface Topology {
  /** The lines of the box at the top. */
  host: readonly string[];
  /** A wire from the bridge to each machine. */
  machines: readonly { wire: string; lines: readonly string[] }[];
}

const gap = '   ';

/** Draws a host with its bridge above, and the machines that are plugged into it below. */
export function drawTopology({ host, machines }: Topology): void {
  const width = Math.max(...machines.flatMap(({ wire, lines }) => [wire, ...lines]).map((text) => text.length));
  const cell = width + 4;
  const total = machines.length * cell + (machines.length - 1) * gap.length;
  const middles = machines.map((_, i) => i * (cell + gap.length) + Math.floor(cell / 2));
  const inner = Math.max(total - 4, ...host.map((text) => text.length));

  // Where a wire meets the border of a box.
  const bar = (length: number, joints: readonly number[], joint: string) =>
    Array.from({ length }, (_, i) => (joints.includes(i + 1) ? joint : '─')).join('');
  const row = (texts: readonly string[]) => texts.join(gap).trimEnd();
  const height = Math.max(...machines.map(({ lines }) => lines.length));

  drawing([
    `┌${bar(inner + 2, [], '')}┐`,
    ...host.map((text) => `│ ${text.padEnd(inner)} │`),
    `└${bar(inner + 2, middles, '┬')}┘`,
    row(machines.map(({ wire }) => centre(wire, cell))),
    row(machines.map(() => `┌${bar(width + 2, [Math.floor(cell / 2)], '┴')}┐`)),
    ...Array.from({ length: height }, (_, i) =>
      row(machines.map(({ lines }) => `│ ${(lines[i] ?? '').padEnd(width)} │`)),
    ),
    row(machines.map(() => `└${bar(width + 2, [], '')}┘`)),
  ]);
}

// The middle of the text is where the wire is.
function centre(text: string, width: number): string {
  const before = Math.max(0, Math.floor(width / 2) - Math.floor(text.length / 2));
  return `${' '.repeat(before)}${text}`.padEnd(width);
}
