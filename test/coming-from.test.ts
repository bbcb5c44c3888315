import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import * as library from '../lib/index.js';
import { describeWithTestbed } from './testbed/index.js';

const root = path.join(__dirname, '..');
const guide = path.join(root, 'docs/guide');
const pages = readdirSync(guide).filter((name) => name.startsWith('from-'));
const read = (page: string): string => readFileSync(path.join(guide, page), 'utf8');

const rowsOf = (file: string): string[][] =>
  readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'));

/** By C name, and where it is. */
const names = rowsOf('tools/names.tsv').map(([c = '', facade = '', kind = '']) => ({ c, facade, kind }));
const later = rowsOf('tools/api/later.tsv').map(([pattern = '']) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`));

/** What the pages call objects. */
const objects: Record<string, string> = {
  connection: 'Connection',
  domain: 'Domain',
  network: 'Network',
  port: 'NetworkPort',
  pool: 'StoragePool',
  vol: 'StorageVol',
  snapshot: 'DomainSnapshot',
  checkpoint: 'DomainCheckpoint',
  secret: 'Secret',
  device: 'NodeDevice',
  iface: 'Interface',
  filter: 'NWFilter',
  binding: 'NWFilterBinding',
  job: 'BlockJob',
};
const classes = new Map<string, { prototype: object }>(
  Object.entries(library).flatMap(([name, value]): [string, { prototype: object }][] =>
    typeof value === 'function' && 'prototype' in value ? [[name, value as { prototype: object }]] : [],
  ),
);

function exists(owner: string, member: string): boolean {
  const found = classes.get(owner);
  if (found === undefined) return false;
  if (member in found.prototype || member in found) return true;
  // Properties are there with an instance only, and what is still to be bound nowhere.
  const rows = names.filter(({ facade }) => facade === `${owner}.${member}`);
  const planned = rows.filter(({ c }) => later.some((pattern) => pattern.test(c)));
  return (
    rows.some(({ kind }) => kind === 'sync-property') || planned.length > 0 || `${owner}.${member}` === 'Connection.uri'
  );
}

/** `Class.member` of every piece of code in a text, such as `domain.save(file)`. */
function membersIn(markdown: string): string[] {
  const code = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) => text).join('\n');
  const found = [...code.matchAll(/(?<![\w.'/])([a-zA-Z]\w*)\.([a-z]\w*)/g)].flatMap(([, object = '', member = '']) => {
    const owner = objects[object] ?? (classes.has(object) ? object : undefined);
    return owner === undefined ? [] : [`${owner}.${member}`];
  });
  return [...new Set(found)];
}

/** The last cell of each row is ours; what is left of it belongs to what a reader comes from. */
const ours = (markdown: string): string =>
  markdown
    .split('\n')
    .map((line) => (line.startsWith('|') ? (line.split(' | ').at(-1) ?? '') : line))
    .join('\n');

describe('the pages for those who come from elsewhere', () => {
  it('are there', () => {
    expect(pages.sort()).toEqual([
      'from-libvirt-python.md',
      'from-libvirt.md',
      'from-unraid-libvirt.md',
      'from-virsh.md',
    ]);
  });

  it('would not name a method that is not there', () => {
    const wrong = membersIn(
      '| `x` | `domain.stop()`, `pool.create()`, `Connection.open()` and `vol.download()` |',
    ).filter((member) => !exists(...(member.split('.') as [string, string])));
    expect(wrong).toEqual(['Domain.stop']);
  });

  it.each(pages)('%s: names only what the library has', (page) => {
    const members = membersIn(ours(read(page)));
    expect(members.length).toBeGreaterThan(8);
    expect(members.filter((member) => !exists(...(member.split('.') as [string, string])))).toEqual([]);
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
