import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import ts from 'typescript';
import * as library from '../lib/index.js';
import { describeWithTestbed } from './testbed/index.js';

// How a guide is checked. Each block ```ts of docs/guide/*.md and README.md is a module of its own, and is type-checked. Its info may say
//   ts run=test:///default   it is run, with this as LIBVIRT_DEFAULT_URI
//   ts run=bed               it is run as root on a test bed, whose libvirtd listens on TCP too
// and a block ```text output after it is what that prints. A block without an import has all of the library's names, and may use objects
// that an earlier one made: `connection`, `domain`, `network` … are declared where it does not declare them, each of the class with
// this name or of the one in `shortNames`.

jest.setTimeout(60_000);

const root = path.join(__dirname, '..');

interface Block {
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

function blocksOf(file: string, markdown: string): Block[] {
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

const guides = readdirSync(path.join(root, 'docs/guide')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', ...guides.map((name) => `docs/guide/${name}`)].map((file) => ({
  file,
  text: readFileSync(path.join(root, file), 'utf8'),
}));
/** Pages that are written together with what they describe. */
const blocks = pages.flatMap(({ file, text }) => blocksOf(file, text));

/** What people call objects whose classes have longer names. */
const shortNames: Record<string, string> = {
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

/** A block as a module, its lines where they were. */
function moduleOf({ code, run }: Pick<Block, 'code' | 'run'>): string {
  if (code.includes("from 'libvirt-napi'")) return code;
  const values = Object.keys(library).filter((name) => says(code, name));
  // What a block takes from an earlier one cannot be run.
  const given = [...classes, ...Object.entries(shortNames)].flatMap(([object, name]) => {
    const declared = new RegExp(
      `(const|let|using) (\\{[^}]*)?\\b${object}\\b|\\(${object}\\)|\\b${object}(: \\w+)? =>`,
    );
    const used = new RegExp(`(?<![.\\w'])${object}\\b(?=[.,)\\]])`);
    return run === undefined && name !== object && used.test(code) && !declared.test(code) ? [{ name, object }] : [];
  });
  const names = new Set([...values, ...given.map(({ name }) => name)]);
  const imports = `import { ${[...names].join(', ')} } from 'libvirt-napi';`;
  return `${imports} ${given.map(({ name, object }) => `declare const ${object}: ${name};`).join(' ')} ${code}export {};`;
}

/** The compiler's complaints about modules, by name and line. */
function complaints(modules: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions: Record<string, unknown> };
  };
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, noEmit: true, rootDir: '.', paths: { 'libvirt-napi': ['./lib/index.ts'] } },
    root,
  );
  const files = new Map(
    [...modules].map(([name, text]) => [path.join(root, `${name.replaceAll(/[.:]/g, '-')}.mts`), { name, text }]),
  );
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    readFile: (file) => files.get(file)?.text ?? disk.readFile(file),
    fileExists: (file) => files.has(file) || disk.fileExists(file),
    getSourceFile: (file, target, ...rest) => {
      const mine = files.get(file);
      return mine === undefined
        ? disk.getSourceFile(file, target, ...rest)
        : ts.createSourceFile(file, mine.text, target, true);
    },
  };
  return ts.getPreEmitDiagnostics(ts.createProgram([...files.keys()], options, host)).map((diagnostic) => {
    const { file, start = 0 } = diagnostic;
    const [page = '', line = ''] = (files.get(file?.fileName ?? '')?.name ?? file?.fileName ?? '').split(':');
    const offset = file?.getLineAndCharacterOfPosition(start).line ?? 0;
    return `${page}:${String(Number(line) + offset)}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  });
}

const program = (block: Pick<Block, 'code' | 'run'>): string[] => {
  const { outputText } = ts.transpileModule(moduleOf(block), {
    // Down to what Node.js 20 has: no `await using`.
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return ['--input-type=module', '-e', outputText];
};

describe('the check itself', () => {
  it('finds what is wrong, and the line', () => {
    const wrong = [
      "const connection = await Connection.open('test:///default');\nawait connection.listAllMachines();\n",
      'await network.create(1);\n',
      'await machine.create();\n',
    ];
    const modules = wrong.map((code, i): [string, string] => [`${i}.md:7`, moduleOf({ code, run: undefined })]);
    expect(complaints(new Map(modules))).toEqual([
      expect.stringMatching(/^0\.md:8: .*listAllMachines/),
      expect.stringMatching(/^1\.md:7: Expected 0 arguments/),
      expect.stringMatching(/^2\.md:7: Cannot find name 'machine'/),
    ]);
  });

  it('refuses an info that it does not know, and output of what is not run', () => {
    const page = (info: string, after = ''): string => `# Page\n\n\`\`\`${info}\n1;\n\`\`\`\n${after}`;
    expect(blocksOf('p.md', page('ts'))).toEqual([{ name: 'p.md:4', code: '1;\n' }]);
    expect(() => blocksOf('p.md', page('ts rn=bed'))).toThrow("p.md:4: unknown 'rn=bed'");
    expect(() => blocksOf('p.md', page('ts', '\n```text output\n```\n'))).toThrow('p.md:8: output of a block');
    expect(blocksOf('p.md', page('ts run=bed', '\n```text output\n1\n```\n'))).toMatchObject([
      { run: 'bed', output: '1\n' },
    ]);
  });
});

describe('the guides', () => {
  it('are there', () => {
    expect(guides).toEqual(expect.arrayContaining(['connections.md', 'networking.md']));
    expect(blocks.length).toBeGreaterThan(5);
  });

  it('have code that compiles', () => {
    expect(complaints(new Map(blocks.map((block) => [block.name, moduleOf(block)])))).toEqual([]);
  });

  it.each(pages)('$file: has links that lead somewhere', ({ file, text }) => {
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      const target = path.resolve(root, path.dirname(file), link);
      return !/^https?:/.test(link) && !existsSync(target);
    });
    expect(broken).toEqual([]);
  });
});

const runs = (where: (run: string) => boolean): [string, Block][] =>
  blocks.flatMap((block) => (block.run !== undefined && where(block.run) ? [[block.name, block]] : []));

describe('a block that is run', () => {
  it.each(runs((run) => run !== 'bed'))('%s prints what it says', async (_, block) => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, program(block), {
      cwd: root,
      timeout: 30_000,
      env: { ...process.env, LIBVIRT_DEFAULT_URI: block.run },
    });
    expect(stderr).toBe('');
    if (block.output !== undefined) expect(stdout).toBe(block.output);
  });
});

describeWithTestbed(
  'a block that is run on a test bed',
  (bed) => {
    beforeAll(() => bed().libvirtd.start(['--listen']));

    it.each(runs((run) => run === 'bed'))('%s prints what it says', async (_, block) => {
      const { stdout, stderr, code } = await bed().exec('node', program(block), { cwd: root });
      expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
      if (block.output !== undefined) expect(stdout).toBe(block.output);
    });
  },
  { libvirtd: false, libvirtdConf: ['listen_tls = 0', 'listen_tcp = 1', 'auth_tcp = "none"'] },
);
