import path from 'node:path';
import ts from 'typescript';

/** A member of a class of the facade, or a function. */
export interface Member {
  name: string;
  /** The C functions that its `@see` names. */
  see: string[];
  /** All of C that it calls, by itself or through what is not documented with C functions of its own. */
  calls: ReadonlySet<string>;
  /** The same with what other members call for it. */
  reaches: ReadonlySet<string>;
}

const root = path.join(__dirname, '..');
const lib = path.join(root, 'lib/');

const tag = (node: ts.Node, name: string) => ts.getJSDocTags(node).find((one) => one.tagName.text === name);
const seeOf = (node: ts.Node) =>
  tag(node, 'see')
    ?.getText()
    .match(/\bvir[A-Z]\w+/g) ?? [];

function isHidden(node: ts.Node): boolean {
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  const kinds = modifiers.map(({ kind }) => kind);
  return (
    kinds.includes(ts.SyntaxKind.PrivateKeyword) ||
    kinds.includes(ts.SyntaxKind.ProtectedKeyword) ||
    tag(node, 'internal') !== undefined
  );
}

/** What one declaration speaks of: functions of the raw layer, and declarations of the library. */
interface Uses {
  raw: Set<string>;
  own: Set<ts.Declaration>;
}

/** Who calls what in the sources of the library, as the compiler resolves it. */
export class FacadeGraph {
  readonly #checker: ts.TypeChecker;
  readonly #sources: ts.SourceFile[];
  readonly #known = new Map<ts.Node, Uses>();

  constructor() {
    const program = ts.createProgram([path.join(lib, 'index.ts')], {
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: ['node'],
    });
    this.#checker = program.getTypeChecker();
    this.#sources = program.getSourceFiles().filter((file) => this.#isOurs(file));
  }

  /** Every public member of a class, and every function. */
  members(): Member[] {
    return this.#sources
      .flatMap(({ statements }) => statements)
      .flatMap((statement): [string, ts.Declaration][] => {
        if (ts.isFunctionDeclaration(statement)) return [[statement.name?.text ?? '', statement]];
        if (!ts.isClassDeclaration(statement)) return [];
        const name = statement.name?.text ?? '';
        return membersOf(statement).map((member) => [`${name}.${member.name?.getText() ?? ''}`, member]);
      })
      .filter(([, node]) => !isHidden(node))
      .map(([name, node]) => {
        const calls = this.#reach(node, isWithin);
        return { name, see: seeOf(node), calls, reaches: this.#reach(node, () => true) };
      });
  }

  #isOurs(file: ts.SourceFile): boolean {
    return file.fileName.startsWith(lib);
  }

  #reach(from: ts.Declaration, isFollowed: (node: ts.Declaration) => boolean): Set<string> {
    const found = new Set<string>();
    const seen = new Set<ts.Declaration>([from]);
    // A property gets its value where an object is made.
    const isProperty = ts.isPropertyDeclaration(from) || ts.isParameter(from);
    const queue = isProperty && ts.isClassLike(from.parent) ? makersOf(from.parent) : [from];
    if (ts.isParameter(from) && ts.isClassLike(from.parent.parent)) queue.push(...makersOf(from.parent.parent));
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      const { raw, own } = this.#uses(node);
      for (const name of raw) found.add(name);
      for (const next of own) {
        if (seen.has(next)) continue;
        seen.add(next);
        if (ts.isClassDeclaration(next)) queue.push(...next.members.filter(isWithin));
        else if (isFollowed(next)) queue.push(next);
      }
    }
    return found;
  }

  #uses(node: ts.Node): Uses {
    const known = this.#known.get(node);
    if (known !== undefined) return known;
    const uses: Uses = { raw: new Set(), own: new Set() };
    this.#known.set(node, uses);
    const visit = (one: ts.Node): void => {
      if (ts.isTypeNode(one)) return;
      if (ts.isIdentifier(one) || ts.isPrivateIdentifier(one)) this.#resolve(one, node, uses);
      ts.forEachChild(one, visit);
    };
    ts.forEachChild(node, visit);
    return uses;
  }

  #resolve(name: ts.Node, within: ts.Node, { raw, own }: Uses): void {
    const symbol = this.#checker.getSymbolAtLocation(name);
    const target =
      symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    for (const declaration of target?.declarations ?? []) {
      if (declaration === within || !this.#isOurs(declaration.getSourceFile())) continue;
      if (ts.isInterfaceDeclaration(declaration.parent)) {
        if (declaration.parent.name.text.startsWith('Native')) raw.add(target?.name ?? '');
      } else if (isCode(declaration)) own.add(declaration);
    }
  }
}

/** Parameters of constructors may be properties, too. */
function membersOf(node: ts.ClassDeclaration): (ts.ClassElement | ts.ParameterDeclaration)[] {
  const constructors = node.members.filter(ts.isConstructorDeclaration);
  const properties = constructors.flatMap((one) =>
    one.parameters.filter((parameter) => ts.isParameterPropertyDeclaration(parameter, one)),
  );
  return [...node.members.filter(({ name }) => name !== undefined), ...properties];
}

const isStatic = (node: ts.Node) =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) === true;

const makersOf = (node: ts.ClassLikeDeclaration): ts.Declaration[] =>
  node.members.filter((member) => ts.isConstructorDeclaration(member) || isStatic(member));

/** Whatever has functions of its own in its documentation answers for them itself. */
const isWithin = (node: ts.Declaration) => isHidden(node) || seeOf(node).length === 0;

const isCode = (node: ts.Declaration) =>
  ts.isFunctionLike(node) ||
  ts.isClassDeclaration(node) ||
  ts.isPropertyDeclaration(node) ||
  ts.isPropertyAssignment(node) ||
  (ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent));
