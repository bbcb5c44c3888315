import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';

const root = path.join(__dirname, '..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

describe('the workflows for a public CI', () => {
  const folder = '.github/workflows';
  const files = readdirSync(path.join(root, folder));
  const commands = (file: string): string[] =>
    [...read(`${folder}/${file}`).matchAll(/^\s*- run: (.*)$/gm)].map(([, command = '']) => command);

  it('run commands that every developer has', () => {
    expect(files.sort()).toEqual(['ci.yml', 'package.yml', 'release-checks.yml']);
    const matrix = /command: \[(.*)\]/.exec(read(`${folder}/release-checks.yml`))?.[1] ?? '';
    const names = [
      ...files.flatMap(commands).map((command) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1]),
      ...matrix.split(',').map((name) => name.replaceAll(/[' ]/g, '')),
    ];
    expect(names).toContain('docs');
    // The one with a matrix is no plain name.
    expect(names.filter((name) => name === undefined)).toEqual([undefined]);
    for (const name of names) if (name !== undefined) expect(scripts).toHaveProperty([name]);
  });

  it('do on a change what .ci/run does', () => {
    const local = [...read('.ci/run').matchAll(/^npm .*$/gm)].map(([command]) => command);
    expect(commands('ci.yml')).toEqual(local);
  });

  it('make no tarball for a tag: the one that is published is made and tested by the checklist', () => {
    expect(files.filter((file) => /^\s+tags:/m.test(read(`${folder}/${file}`)))).toEqual([]);
    const text = read('docs/release.md');
    const made = /`npm run test:package` on the tagged commit.*?leaves `([^`]+)`/s.exec(text)?.[1];
    expect(/`npm publish \.\/([^`]+)`/.exec(text)?.[1]).toBe(made);
  });

  it('have no other steps than commands and published actions', () => {
    for (const file of files) {
      for (const [, step = ''] of read(`${folder}/${file}`).matchAll(/^ {6}- (.*)$/gm)) {
        expect(step).toMatch(/^(run: npm |uses: actions\/[\w-]+@v\d+$)/);
      }
    }
  });
});

describe('the release checklist', () => {
  it('names every command that a release needs', () => {
    const text = read('docs/release.md');
    for (const name of [
      'lint',
      'test:asan',
      'soak',
      'test:xen',
      'prebuild',
      'test:versions',
      'test:nodes',
      'bench',
      'docs',
    ]) {
      expect(text).toContain(`\`npm run ${name}\``);
    }
    for (const command of ['npm test', 'npm run test:package', 'npm publish']) expect(text).toContain(`\`${command}`);
  });

  it('names only commands that are there', () => {
    const others = [...read('docs/release.md').matchAll(/`npm run ([\w:]+)`/g)].map(([, name = '']) => name);
    for (const name of others) expect(scripts).toHaveProperty([name]);
  });
});
