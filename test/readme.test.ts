import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const root = path.join(__dirname, '..');

const text = readFileSync(path.join(root, 'README.md'), 'utf8');

/** The code blocks of one language in the README. */
function blocks(language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);
}

describe('the README', () => {
  it('has one example, which lists the machine and the network of test:///default', async () => {
    const [code = '', ...others] = blocks('js');
    expect(others).toEqual([]);
    expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(12);
    // Run in the project, where the package's own name means what was built.
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: root,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('machine test RUNNING\nnetwork default active\n');
    expect(blocks('text')[0]).toBe(stdout);
  });

  it('names commands that are there', () => {
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = blocks('sh').flatMap((code) =>
      [...code.matchAll(/npm (?:run )?(\w+)/g)].map(([, name = '']) => name),
    );
    expect(named.filter((name) => name !== 'install')).toEqual(['demo', 'demo', 'test']);
    for (const name of ['demo', 'test']) expect(scripts).toHaveProperty(name);
  });

  it('has the table of what the binary was run on', () => {
    const [, between = ''] = /<!-- runtimes: .* -->\n([^]*?)<!-- \/runtimes -->/.exec(text) ?? [];
    const versions = [...between.matchAll(/^\| Node\.js (\d+)\.\S+ +\| \d+ passed +\|/gm)].map(([, major]) =>
      Number(major),
    );
    expect(versions.slice(0, 3)).toEqual([20, 22, 24]);
    expect(versions[3]).toBeGreaterThan(24);
    for (const tried of ['Bun', 'Deno']) {
      expect(between).toMatch(
        new RegExp(`^\\| ${tried} \\d\\S+ +\\| \\d{3,} passed +\\| (none|\\d+ \\(\\[why\\])`, 'm'),
      );
    }
    const reasons = readFileSync(path.join(root, 'docs/runtimes.md'), 'utf8');
    expect(reasons).toMatch(/^## What fails on Bun$[^]*^## What fails on Deno$/m);
    expect(reasons).not.toContain('not known');
  });

  it('counts functions as the account of them does', () => {
    const account = readFileSync(path.join(root, 'docs/coverage.md'), 'utf8');
    const bound = Number(/^\| functions +\| *\d+ *\| *(\d+) *\|/m.exec(account)?.[1]);
    const said = Number(/over (\d+), \[accounted for\]/.exec(text)?.[1]);
    expect(said).toBe(Math.floor(bound / 10) * 10);
  });
});
