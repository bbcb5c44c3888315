import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import ts from 'typescript';
import { Connection } from '../lib/index.js';
import { answered, prepareBed, wantPasswords } from './guide-bed.js';
import { type Block, blocks, blocksOf, guides, moduleOf, pages, programOf } from './guide-code.js';
import { compile, complaintsOf } from './guide-compiler.js';
import { countCalls, wrongCalls } from './guide-spans.js';
import { removeMachines } from './libvirtd-helpers.js';
import { describeWithTestbed, type ExecResult } from './testbed/index.js';
import { collect } from './testbed/process.js';

jest.setTimeout(60_000);

const root = path.join(__dirname, '..');

/** What there is to learn, a page each. */
const topics =
  'connections machines networking storage snapshots-and-backup jobs streams events errors lifetimes-threads-limits ' +
  'performance testing troubleshooting from-virsh from-libvirt-python from-unraid-libvirt from-libvirt';

const commandOf = (block: Block): string[] => {
  const { outputText } = ts.transpileModule(programOf(block), {
    // Down to what Node.js 20 has: no `await using`.
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  // That was for this process (npm run test:asan): qemu-img would hang with a sanitizer in it.
  return ['--input-type=module', '-e', `delete process.env.LD_PRELOAD;\n${outputText}`];
};

describe('the check itself', () => {
  it('finds what is wrong, and the line', () => {
    const wrong = [
      "const connection = await Connection.open('test:///default');\nawait connection.listAllMachines();\n",
      'await network.create(1);\n',
      'await machine.create();\n',
    ];
    const modules = wrong.map((code, i): [string, string] => [`${i}.md:7`, moduleOf(code)]);
    expect(complaintsOf(compile(new Map(modules)))).toEqual([
      expect.stringMatching(/^0\.md:8: .*listAllMachines/),
      expect.stringMatching(/^1\.md:7: Expected 0 arguments/),
      expect.stringMatching(/^2\.md:7: Cannot find name 'machine'/),
    ]);
  });

  it('finds calls in the text that the library does not have, or whose arguments are not at their place', () => {
    const text =
      '# Page\n\n`domain.stop()`, `vol.download()`, `connection.lookupDomainByName(5)`, `domain.save(file)`\n\n' +
      "| `domain.blockCommit('vda', base, top, flags)`, `job.speed()` | `domain.getXMLDesc(whatever)`, `pool.create()` |\n";
    const file = 'docs/guide/from-x.md';
    expect(wrongCalls([{ file, text }])).toEqual([
      expect.stringMatching(/^docs\/guide\/from-x\.md:3: Property 'stop' does not exist/),
      expect.stringMatching(/:3: Property 'download' is private/),
      expect.stringMatching(/:3: .*'number' is not assignable to parameter of type 'string'/),
      expect.stringMatching(/:5: whatever stands for flags/),
    ]);
    expect(wrongCalls([{ file: 'docs/guide/x.md', text }])).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/:5: Property 'speed' does not exist/),
        expect.stringMatching(/:5: flags stands for bandwidth/),
      ]),
    );
    expect(wrongCalls([{ file, text: '`domain.create(`' }])).toEqual([expect.stringMatching(/:1: .*JavaScript/)]);
    expect(countCalls(file, text)).toBe(6);
  });

  it('refuses a block that does not say where it is run, and an info that it does not know', () => {
    const page = (info: string, after = ''): string => `# Page\n\n\`\`\`${info}\n1;\n\`\`\`\n${after}`;
    expect(() => blocksOf('p.md', page('ts'))).toThrow('p.md:4: is not run');
    expect(() => blocksOf('p.md', page('ts asks=ssh'))).toThrow('p.md:4: is not run');
    expect(() => blocksOf('p.md', page('ts rn=bed'))).toThrow("p.md:4: unknown 'rn=bed'");
    expect(() => blocksOf('p.md', page('ts run=bed machine=of'))).toThrow("p.md:4: unknown 'machine=of'");
    expect(() => blocksOf('p.md', page('js', '\n```text output\n```\n'))).toThrow('p.md:8: output of a block');
    expect(blocksOf('p.md', page('ts run=bed asks=ssh', '\n```text output\n1\n```\n'))).toEqual([
      { name: 'p.md:4', code: '1;\n', run: 'bed', asks: 'ssh', output: '1\n' },
    ]);
  });
});

/** The places in a page that a link may lead to, by the rule of GitHub. */
const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the guides', () => {
  it('are there', () => {
    expect(guides.sort()).toEqual(
      topics
        .split(' ')
        .map((topic) => `${topic}.md`)
        .sort(),
    );
    expect(blocks.length).toBeGreaterThan(60);
  });

  it('have code that compiles', () => {
    const modules = new Map(blocks.map(({ name, code }) => [name, moduleOf(code)]));
    expect(complaintsOf(compile(modules))).toEqual([]);
  });

  it('have calls in their text that the library has, with arguments that fit', () => {
    expect(wrongCalls(pages)).toEqual([]);
  });

  it.each(pages)('$file: has links that lead somewhere, also within a page', ({ file, text }) => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [to = '', anchor] = link.split('#');
      const target = to === '' ? path.join(root, file) : path.resolve(root, path.dirname(file), to);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});

const runs = (where: (block: Block) => boolean): [string, Block][] =>
  blocks.filter(where).map((block) => [block.name, block]);

function expectOutput(
  { output }: Block,
  { stdout, stderr, code }: Pick<ExecResult, 'stdout' | 'stderr' | 'code'>,
): void {
  // What it had printed says where it failed.
  expect({ stderr, code, ...(code !== 0 && { stdout }) }).toEqual({ stderr: '', code: 0 });
  if (output !== undefined) expect(stdout).toBe(output);
}

describe('a block that is run', () => {
  it.each(runs(({ run }) => run !== 'bed'))('%s prints what it says', async (_, block) => {
    const child = spawn(process.execPath, commandOf(block), { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    expectOutput(block, await collect(child, block.name, 30_000));
  });
});

describeWithTestbed(
  'a block that is run on a test bed',
  (bed) => {
    let env: Record<string, string>;

    beforeAll(async () => {
      env = await prepareBed(bed());
    }, 120_000);

    // What a block leaves that failed is nothing to those after it.
    afterEach(async () => {
      await using connection = await Connection.open(bed().uri);
      await removeMachines(connection);
    });

    const onBed = (asks?: string) => runs((block) => block.run === 'bed' && block.asks === asks);

    it.each(onBed())('%s prints what it says', async (_, block) => {
      expectOutput(block, await bed().exec('node', commandOf(block), { cwd: root, env }));
    });

    it.each(onBed('ssh'))('%s asks, and is answered', async (_, block) => {
      expectOutput(block, await answered(bed(), 'node', commandOf(block), { cwd: root }));
    });

    describe('whose libvirtd wants a password', () => {
      beforeAll(() => wantPasswords(bed()));

      it.each(onBed('sasl'))('%s gives it', async (_, block) => {
        expectOutput(block, await bed().exec('node', commandOf(block), { cwd: root }));
      });
    });
  },
  { libvirtd: false },
);
