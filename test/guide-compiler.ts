/** The TypeScript compiler over code that stands in pages and in no file. */
import path from 'node:path';
import ts from 'typescript';

const root = path.join(__dirname, '..');

export interface Compiled {
  readonly program: ts.Program;
  /** What a file of the program is called in complaints, and the line of the page on which it begins. */
  readonly names: ReadonlyMap<string, string>;
}

/** @param modules - by `page:line`; `libvirt-napi` is to them what is in lib/ */
export function compile(modules: ReadonlyMap<string, string>): Compiled {
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
  const program = ts.createProgram([...files.keys()], options, host);
  return { program, names: new Map([...files].map(([file, { name }]) => [file, name])) };
}

/** `page:line`, where a place in a module is. */
export function placeOf({ names }: Compiled, file: ts.SourceFile | undefined, start = 0): string {
  const [page = '', line = ''] = (names.get(file?.fileName ?? '') ?? file?.fileName ?? '').split(':');
  const offset = file?.getLineAndCharacterOfPosition(start).line ?? 0;
  return `${page}:${String(Number(line) + offset)}`;
}

/** What the compiler says, with the place in the page. */
export function complaintsOf(compiled: Compiled): string[] {
  return ts
    .getPreEmitDiagnostics(compiled.program)
    .map(
      ({ file, start, messageText }) =>
        `${placeOf(compiled, file, start)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}
