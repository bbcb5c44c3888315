import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const root = path.join(__dirname, '..');

/** The code blocks of one language in the README. */
function blocks(language: string): string[] {
  const text = readFileSync(path.join(root, 'README.md'), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);
}

describe('the README', () => {
  it('has one example, which lists the machine and the network of test:///default', async () => {
    const [code = '', ...others] = blocks('js');
    expect(others).toEqual([]);
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
});
