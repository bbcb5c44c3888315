/** Calls in the running text and the tables of a page, such as `domain.save(file)`, judged by the compiler. */
import ts from 'typescript';
import * as library from '../lib/index.js';
import { type Compiled, compile, complaintsOf, placeOf } from './guide-compiler.js';

/** What the pages call objects. */
const objects: Record<string, string> = {
  connection: 'Connection',
  domain: 'Domain',
  network: 'Network',
  port: 'NetworkPort',
  pool: 'StoragePool',
  vol: 'StorageVol',
  volume: 'StorageVol',
  snapshot: 'DomainSnapshot',
  checkpoint: 'DomainCheckpoint',
  secret: 'Secret',
  device: 'NodeDevice',
  iface: 'Interface',
  filter: 'NWFilter',
  binding: 'NWFilterBinding',
  job: 'BlockJob',
  serial: 'ConsoleStream',
  subscription: 'EventSubscription',
  error: 'LibvirtError',
};

/** What an argument stands for. A word that is not here has to be the name of the parameter at its place. */
const standIns = new Map(
  Object.entries({
    string:
      'xml xmlDesc backupXML checkpointXML destXML base top file name newName uuid uri path mac config format text user',
    number: 'flags pid count size id vcpu kib bytes seconds ms mibPerSecond value',
    object: 'params',
    boolean: 'readOnly',
    Buffer: 'buffer',
    '() => void': 'listener',
    'number[]': 'cpus vcpus sizes fds',
    'string[]': 'mountpoints keys xmls',
    Connection: 'dest',
    'Domain[]': 'domains',
    Domain: 'domain',
    DomainSnapshot: 'snapshot',
    StorageVol: 'vol',
  }).flatMap(([type, words]) => words.split(' ').map((word): [string, string] => [word, type])),
);

/** The last cell of a row is ours; what is left of it belongs to what a reader comes from. */
const lastCell = (line: string): string => (line.startsWith('|') ? (line.split(' | ').at(-1) ?? '') : line);

/** The pieces of code of a line. */
function piecesOf(line: string): string[] {
  return [...line.matchAll(/`([^`]+)`/g)].map(([, code = '']) =>
    // `\|` in a table; `device?` for what may be left out; `…` for what is of no interest there.
    code
      .replaceAll('\\|', '|')
      .replaceAll(/(\w)\?(?=[,)])/g, '$1')
      .replaceAll('(…)', ''),
  );
}

const isExport = (name: string): boolean => name in library;

/** The name that a piece of code begins with, when a call, a property or a constant of it follows. */
const firstName = (code: string): string =>
  /^[(]?(?:await |new |[(]await )*([A-Za-z]\w*)(?=[.(])/.exec(code)?.[1] ?? '';

const isOurs = (code: string): boolean => Object.hasOwn(objects, firstName(code)) || isExport(firstName(code));

function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  node.forEachChild((child) => {
    walk(child, visit);
  });
}

/** Names that a piece of code takes from outside. */
function freeNames(code: string): string[] {
  const names = new Set<string>();
  walk(ts.createSourceFile('piece.ts', `async () => (${code});`, ts.ScriptTarget.ESNext, true), (node) => {
    if (!ts.isIdentifier(node)) return;
    const { parent } = node;
    const isName = (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node;
    if (!isName && !isExport(node.text) && !(node.text in globalThis)) names.add(node.text);
  });
  return [...names];
}

/** A piece of code as a function of what it takes from outside. */
function functionOf(code: string): string {
  const { diagnostics = [] } = ts.transpileModule(`async () => (${code});`, { reportDiagnostics: true });
  if (diagnostics.length > 0) return `void ${JSON.stringify(code)} satisfies 'JavaScript';`;
  const first = firstName(code);
  const typeOf = (name: string) => (name === first ? objects[name] : standIns.get(name)) ?? 'never';
  const parameters = freeNames(code).map((name) => `${name}: ${typeOf(name)}`);
  return `void (async (${parameters.join(', ')}) => (${code}));`;
}

/** The calls of a page as a module with as many lines as the page. Of a page for those who come from elsewhere: ours. */
function moduleOf(page: string, markdown: string): string {
  const text = markdown.replaceAll(/^ *```.*?^ *```$/gms, (block) => block.replaceAll(/[^\n]/g, ''));
  const lines = text.split('\n').map((line) =>
    piecesOf(page.includes('/from-') ? lastCell(line) : line)
      .filter(isOurs)
      .map(functionOf)
      .join(' '),
  );
  return `import { ${Object.keys(library).join(', ')} } from 'libvirt-napi'; ${lines.join('\n')}`;
}

/** Arguments with the name of a parameter that stand where another one is, and words that nobody knows. */
function misplaced(compiled: Compiled, file: ts.SourceFile): string[] {
  const checker = compiled.program.getTypeChecker();
  const found: string[] = [];
  walk(file, (node) => {
    if (!ts.isCallExpression(node)) return;
    const names = checker.getResolvedSignature(node)?.parameters.map(({ name }) => name) ?? [];
    node.arguments.forEach((argument, i) => {
      if (!ts.isIdentifier(argument) || names[i] === argument.text) return;
      if (!names.includes(argument.text) && standIns.has(argument.text)) return;
      if (isExport(argument.text) || argument.text === 'undefined') return;
      found.push(`${placeOf(compiled, file, node.getStart())}: ${argument.text} stands for ${names[i] ?? 'nothing'}`);
    });
  });
  return found;
}

/** `name()` names the method, whatever arguments it wants. */
const isOfNameAlone = (complaint: string): boolean => complaint.endsWith('but got 0.');

/** What is wrong with the calls in pages: what the compiler says, and arguments that are not at their place. */
export function wrongCalls(pages: readonly { file: string; text: string }[]): string[] {
  const compiled = compile(new Map(pages.map(({ file, text }) => [`${file}:1`, moduleOf(file, text)])));
  const files = [...compiled.names.keys()].flatMap((name) => compiled.program.getSourceFile(name) ?? []);
  return [
    ...complaintsOf(compiled).filter((text) => !isOfNameAlone(text)),
    ...files.flatMap((file) => misplaced(compiled, file)),
  ];
}

/** How many calls of ours a page has. */
export const countCalls = (page: string, markdown: string): number =>
  moduleOf(page, markdown).match(/void \(async/g)?.length ?? 0;
