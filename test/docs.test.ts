import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const root = path.join(__dirname, '..');

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-docs-'));
});
afterAll(() => {
  rmSync(scratch, { recursive: true });
});

function write(name: string, text: string): string {
  const file = path.join(scratch, name);
  writeFileSync(file, text);
  return file;
}

/** Runs a script; TypeDoc is a module of ECMAScript, which jest cannot load. */
function run(...args: string[]): { output: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { output: stdout + stderr, status };
}

describe('the reference', () => {
  it('describes every public method, and its links lead somewhere', () => {
    const { output, status } = run('tools/docs.mjs', 'check');
    expect(status === 0 ? '' : output).toBe('');
  }, 120_000);

  it('would not pass with a method that is not described, a link to nothing, or a method that nobody has grouped', () => {
    const entry = write(
      'entry.ts',
      `/** A machine. */
       export class Machine {
         /** Starts it, see {@link Machine.nowhere}. */ create(): void {}
         destroy(): void {}
         /** Is neither here nor there. */ frobnicate(): void {}
         /** @internal */ hidden(): void {}
       }`,
    );
    const tsconfig = write('tsconfig.json', '{ "compilerOptions": { "strict": true }, "files": ["entry.ts"] }');
    const options = JSON.stringify({
      entryPoints: [entry],
      tsconfig,
      readme: 'none',
      projectDocuments: [],
      intentionallyNotExported: [],
    });
    const { output } = run(
      '--input-type=module',
      '-e',
      `const { application } = await import('./tools/docs/typedoc.mjs');
       const app = await application(${options});
       app.validate(await app.convert());`,
    );
    const warnings = output.split('\n').filter((line) => line.includes('warning'));
    expect(warnings).toEqual([
      expect.stringMatching(/Machine\.frobnicate belongs to no task/),
      expect.stringMatching(/Machine\.destroy .*does not have any documentation/),
      expect.stringMatching(/Failed to resolve link to "Machine\.nowhere"/),
    ]);
  }, 60_000);

  it('refuses a command that it does not know', () => {
    const { output, status } = run('tools/docs.mjs', 'publish');
    expect(output).toContain('usage: ');
    expect(status).toBe(1);
  });
});

describe('the site', () => {
  it('has every guide in its contents', () => {
    const { output } = run(
      '--input-type=module',
      '-e',
      `const { PAGES } = await import('./tools/docs/pages.mjs');
       console.log(JSON.stringify(PAGES.map(([, file]) => file)));`,
    );
    const pages = JSON.parse(output) as string[];
    const guides = readdirSync(path.join(root, 'docs/guide')).map((name) => `docs/guide/${name}`);
    expect(guides.filter((guide) => !pages.includes(guide))).toEqual([]);
  });
});

describe('the links of the site', () => {
  it('are dead when the file or the place in it is not there', () => {
    write(
      'a.html',
      '<h1 id="top">A</h1><a class="x" href="b.html#there">B</a><a href="https://libvirt.org/none">C</a>',
    );
    write('b.html', '<p id="there"></p><a href="a.html#gone">1</a><a href="c.html">2</a><a href="#there">3</a>');
    const { output } = run(
      '--input-type=module',
      '-e',
      `const { deadLinks } = await import('./tools/docs/links.mjs');
       console.log(JSON.stringify(deadLinks(${JSON.stringify(scratch)})));`,
    );
    expect(JSON.parse(output)).toEqual(['b.html: a.html#gone', 'b.html: c.html']);
  });
});
