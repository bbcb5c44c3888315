/**
 * The code of README.md and docs/guide. Each block ```ts is a module of its own. Its info may say
 *
 * - `ts run=test:///default`: it is run
 * - `ts run=bed`: it is run as root on a test bed, whose libvirtd listens on TCP too
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
  readonly run: string | undefined;
  readonly output: string | undefined;
}

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

export function blocksOf(file: string, markdown: string): Block[] {
  const all = fences(markdown);
  return all.flatMap(({ info, line, text }, i) => {
    const name = `${file}:${String(line)}`;
    const [language, ...attributes] = info.split(' ');
    const after = all[i + 1];
    const output = after?.info === 'text output' ? after.text : undefined;
    if (info === 'text output' && all[i - 1]?.info.startsWith('ts run=') !== true) {
      throw new Error(`${name}: output of a block that is not run`);
    }
    if (language !== 'ts') return [];
    const run = attributes.map((attribute) => /^run=(\S+)$/.exec(attribute)?.[1]);
    if (run.length > 1 || run.includes(undefined)) throw new Error(`${name}: unknown '${attributes.join(' ')}'`);
    return [{ name, code: text, run: run[0], output }];
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
export function programOf(code: string, uri: string): string {
  if (importsItself(code)) return code;
  const objects = givenTo(code).map(({ object }) => object);
  if (objects.length === 0) return `${importsOf(code)} ${code}`;
  const maker = JSON.stringify(path.join(__dirname, 'fixtures/guide-objects.mjs'));
  return [
    `${importsOf(code)} import { given } from ${maker};`,
    `const { leave, ${objects.join(', ')} } = await given('${uri}', ${JSON.stringify(objects)});`,
    code,
    'await leave();',
  ].join('\n');
}
