import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { countCalls } from './guide-spans.js';
import { describeWithTestbed } from './testbed/index.js';

const root = path.join(__dirname, '..');
const guide = path.join(root, 'docs/guide');
const pages = readdirSync(guide).filter((name) => name.startsWith('from-'));
const read = (page: string): string => readFileSync(path.join(guide, page), 'utf8');

describe('the pages for those who come from elsewhere', () => {
  it('are there', () => {
    expect(pages.sort()).toEqual([
      'from-libvirt-python.md',
      'from-libvirt.md',
      'from-unraid-libvirt.md',
      'from-virsh.md',
    ]);
  });

  // Whether the library has that is the business of guides.test.ts.
  it.each(pages)('%s: shows what to call here', (page) => {
    expect(countCalls(`docs/guide/${page}`, read(page))).toBeGreaterThan(8);
  });
});

/** The commands of the page, by the heading that they are under. */
function commandsOfPage(): Map<string, string[]> {
  const sections = read('from-virsh.md').split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = ''] = section.split('\n', 1);
      const cells = section
        .split('\n')
        .filter((line) => line.startsWith('|'))
        .map((line) => line.split(' | ')[0] ?? '');
      return [
        title.toLowerCase(),
        cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)),
      ];
    }),
  );
}

describe('the page for those who come from virsh', () => {
  it('has each command once', () => {
    const all = [...commandsOfPage().values()].flat();
    expect(all.length).toBeGreaterThan(240);
    expect(all.filter((name, i) => all.indexOf(name) !== i)).toEqual([]);
  });
});

describeWithTestbed(
  'the page for those who come from virsh, beside virsh',
  (bed) => {
    it('has every command, in the group that virsh has it in', async () => {
      const groups = (await bed().run('virsh', ['help'])).split(/^ (?=\S.*\(help keyword)/m).slice(1);
      const page = commandsOfPage();
      const missing = groups.flatMap((group) => {
        const title = (/^(.*?) \(/.exec(group)?.[1] ?? '').toLowerCase();
        const commands = [...group.matchAll(/^ {4}(\S+)/gm)].map(([, name = '']) => name);
        expect(commands.length).toBeGreaterThan(0);
        return commands.filter((name) => page.get(title)?.includes(name) !== true).map((name) => `${title}: ${name}`);
      });
      expect(groups.length).toBeGreaterThan(14);
      expect(missing).toEqual([]);
    });
  },
  { libvirtd: false },
);
