/**
 * The code of README.md and docs/guide. Each block ```ts is a module of its own. Its info says where it is run:
 *
 * - `ts run=test:///default`
 * - `ts run=bed`: as root on a test bed (guide-bed.ts), with the machine pc1 where it uses a `domain`
 * - `ts run=bed machine=off`: with that machine in another state, which is described in fixtures/guide-objects.mjs
 * - `ts run=bed asks=sasl` or `asks=ssh`: where the other side wants a name and a password
 *
 * and a block ```text output after it is what that prints. A block without an import of the library has all of its names, and
 * may use objects that an earlier one made: `connection`, `domain`, `network` … are given to it where it does not declare them,
 * each of the class with this name or of the one in `shortNames`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as library from '../lib/index.js';

export const root = path.join(__dirname, '..');

export interface Block {
  /** `docs/guide/connections.md:3`, where its code begins. */
  readonly name: string;
  readonly code: string;
  readonly run: string;
  readonly machine?: string;
  readonly asks?: string;
  readonly output: string | undefined;
}

/** What the info of a block may say, and in which words. */
const attributes: Record<string, RegExp> = {
  run: /^(bed|test:\/\/\/default)$/,
  machine: /^(off|guest|overlay|short-lived)$/,
  asks: /^(sasl|ssh)$/,
};

interface Fence {
  readonly info: string;
  readonly line: number;
  readonly text: string;
}

function fences(markdown: string): Fence[] {
  return [...markdown.matchAll(/^ *```(\S[^\n]*)?\n(.*?)^ *```$/gms)].map(({ 1: info = '', 2: text = '', index }) => ({
    info,
    line: markdown.slice(0, index).split('\n').length + 1,
    text,
  }));
}

/** @throws when a block does not say where it is run, or says something that nobody knows */
function settingsOf(name: string, words: readonly string[]): Pick<Block, 'run' | 'machine' | 'asks'> {
  const pairs = words.map((word): [string, string] => {
    const [, key = '', value = ''] = /^(\w+)=(\S+)$/.exec(word) ?? [];
    if (attributes[key]?.test(value) !== true) throw new Error(`${name}: unknown '${word}'`);
    return [key, value];
  });
  const { run, ...others } = Object.fromEntries(pairs);
  if (run === undefined) throw new Error(`${name}: is not run`);
  return { run, ...others };
}

export function blocksOf(file: string, markdown: string): Block[] {
  const all = fences(markdown);
  return all.flatMap(({ info, line, text }, i) => {
    const name = `${file}:${String(line)}`;
    const [language, ...words] = info.split(' ');
    const after = all[i + 1];
    const output = after?.info === 'text output' ? after.text : undefined;
    if (info === 'text output' && all[i - 1]?.info.startsWith('ts run=') !== true) {
      throw new Error(`${name}: output of a block that is not run`);
    }
    if (language !== 'ts') return [];
    return [{ name, code: text, output, ...settingsOf(name, words) }];
  });
}

export const guides = readdirSync(path.join(root, 'docs/guide')).filter((name) => name.endsWith('.md'));
export const pages = ['README.md', ...guides.map((name) => `docs/guide/${name}`)].map((file) => ({
  file,
  text: readFileSync(path.join(root, file), 'utf8'),
}));
export const blocks = pages.flatMap(({ file, text }) => blocksOf(file, text));

/** What people call objects whose classes have longer names. */
export const shortNames: Record<string, string> = {
  pool: 'StoragePool',
  vol: 'StorageVol',
  snapshot: 'DomainSnapshot',
  checkpoint: 'DomainCheckpoint',
  device: 'NodeDevice',
};

const classes = Object.keys(library).map((name): [string, string] => [
  name.charAt(0).toLowerCase() + name.slice(1),
  name,
]);

const says = (code: string, word: string): boolean => new RegExp(`\\b${word}\\b`).test(code);

/** The objects that a block takes from an earlier one, and their classes. */
function givenTo(code: string): { name: string; object: string }[] {
  return [...classes, ...Object.entries(shortNames)].flatMap(([object, name]) => {
    const declared = new RegExp(
      `(const|let|using) (\\{[^}]*)?\\b${object}\\b|\\(${object}\\)|\\b${object}(: \\w+)? =>`,
    );
    const used = new RegExp(`(?<![.\\w'])${object}\\b(?=[.,)\\]])`);
    return name !== object && used.test(code) && !declared.test(code) ? [{ name, object }] : [];
  });
}

const importsItself = (code: string): boolean => code.includes("from 'libvirt-napi'");

const importsOf = (code: string, more: readonly string[] = []): string => {
  const names = Object.keys(library).filter((name) => says(code, name));
  return `import { ${[...new Set([...names, ...more])].join(', ')} } from 'libvirt-napi';`;
};

/** A block as a module for the compiler, its lines where they were. */
export function moduleOf(code: string): string {
  if (importsItself(code)) return code;
  const given = givenTo(code);
  const names = given.map(({ name }) => name);
  const objects = given.map(({ object, name }) => `declare const ${object}: ${name};`);
  return `${importsOf(code, names)} ${objects.join(' ')} ${code}export {};`;
}

/** A block as a module that is run: what it takes from an earlier one is made before, and taken away after it. */
export function programOf({ code, run, machine = 'running' }: Pick<Block, 'code' | 'run' | 'machine'>): string {
  const objects = importsItself(code) ? [] : givenTo(code).map(({ object }) => object);
  const imports = importsItself(code) ? '' : importsOf(code);
  if (objects.length === 0 && machine === 'running') return `${imports} ${code}`;
  const maker = JSON.stringify(path.join(__dirname, 'fixtures/guide-objects.mjs'));
  const uri = run === 'bed' ? 'qemu:///system' : run;
  return [
    `${imports} import { given } from ${maker};`,
    `const { leave, ${objects.join(', ')} } = await given('${uri}', ${JSON.stringify(objects)}, '${machine}');`,
    code,
    'await leave();',
  ].join('\n');
}
