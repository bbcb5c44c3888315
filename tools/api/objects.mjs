/**
 * What is generated of fields whose names are paths with indices, as `block.<n>.rd.bytes`: the interfaces of the nested
 * objects that `nest` makes of them, and their shapes, which it is told. field-objects.tsv has the interfaces' names.
 */
import { groupBy, versionNumber } from './description.mjs';
import { exportName, memberName } from './names.mjs';
import { comment, GENERATED, kebab, propertyName, TYPES } from './params.mjs';

const ENTRY = '<n>';
const WORD = '<name>';

/** `{read|write}.count` is two names. */
export function spellings(field) {
  const [words, inner] = /\{([^}]*)\}/.exec(field) ?? [];
  return words === undefined ? [field] : inner.split('|').map((word) => field.replace(words, word));
}

/** Fields by the steps of their names. */
function treeOf(rows) {
  const root = { path: '', row: undefined, below: new Map() };
  for (const row of rows) {
    for (const field of spellings(row.field)) {
      let branch = root;
      for (const step of field.split('.')) {
        const path = branch === root ? step : `${branch.path}.${step}`;
        if (!branch.below.has(step)) branch.below.set(step, { path, row: undefined, below: new Map() });
        branch = branch.below.get(step);
      }
      branch.row = row;
    }
  }
  return root;
}

const isField = ({ below }) => below.size === 0;
const isEntry = ({ path }) => path.endsWith(`.${ENTRY}`);
const isList = ({ below }) => below.has(ENTRY) && [...below.keys()].every((step) => step === ENTRY || step === 'count');
const isOpen = ({ below }) => below.size === 1 && below.has(WORD);

const fieldsOf = (branch) => (isField(branch) ? [branch] : [...branch.below.values()].flatMap(fieldsOf));
const text = (cell) => (cell === undefined || cell === '-' ? '' : cell);
const since = (version) => (version === undefined ? '' : `@since libvirt ${version}`);
const propertyKey = (step) => (/^\d/.test(step) ? `'${propertyName(step)}'` : propertyName(step));

/** The interfaces of a group, as text; each is followed by those that it is made of. */
class Interfaces {
  blocks = [];
  #objects;
  #flags;
  /** The first branch of each interface. */
  #named = new Map();

  constructor(objects, { enums, enumPrefixes }) {
    this.#objects = new Map(objects.flatMap((row) => spellings(row.path).map((path) => [path, row])));
    const prefixes = new Map(enumPrefixes.map((row) => [row.enum, row.prefix]));
    this.#flags = new Map(
      enums.map(({ enum: name, constant, since: version }) => [
        constant,
        { name: `${exportName(name)}.${memberName(constant, prefixes.get(name))}`, version },
      ]),
    );
  }

  /** The name of an interface that has a branch's fields. */
  name(branch, row) {
    const first = this.#named.get(row.interface);
    if (first === undefined) {
      this.#named.set(row.interface, branch);
      const at = this.blocks.push('') - 1;
      this.blocks[at] = [
        ...comment([text(row.about)], ''),
        `export interface ${row.interface} {`,
        ...this.members(branch, '  '),
        '}',
      ].join('\n');
      return row.interface;
    }
    const fields = ({ path, below }) => fieldsOf({ path, below }).map((one) => one.path.slice(path.length + 1));
    const [all, here] = [fields(first), fields(branch)];
    const extra = here.filter((field) => !all.includes(field));
    if (extra.length > 0) throw new Error(`${row.interface} has no ${extra.join(', ')} of ${branch.path}`);
    const missing = all.filter((field) => !here.includes(field)).map((field) => `'${propertyName(field)}'`);
    return missing.length === 0 ? row.interface : `Omit<${row.interface}, ${missing.join(' | ')}>`;
  }

  type(branch, indent) {
    const { below, path, row } = branch;
    if (isField(branch)) return [...new Set(row.type.split('|').map((type) => TYPES[type]))].join(' | ');
    if (isList(branch)) return `${this.type(below.get(ENTRY), indent)}[]`;
    if (isOpen(branch)) return `Record<string, ${this.type(below.get(WORD), indent)}>`;
    const object = this.#objects.get(path === '' ? '-' : path);
    if (text(object?.interface) !== '') return this.name(branch, object);
    return ['{', ...this.members(branch, `${indent}  `), `${indent}}`].join('\n');
  }

  /** TSDoc of what a branch is a property for. */
  #comment(branch, indent) {
    const object = this.#objects.get(branch.path);
    const flag = this.#flags.get(object?.constant);
    const versions = fieldsOf(branch).map(({ row }) => row.since);
    const oldest = versions.sort((a, b) => versionNumber(a) - versionNumber(b))[0];
    const version = flag?.version ?? (versions.includes('-') ? undefined : oldest);
    const asked = flag === undefined ? '' : `\`${flag.name}\` asks for it.`;
    return comment(
      [`${text(isField(branch) ? branch.row.note : object?.note)} ${asked}`.trim(), since(version)],
      indent,
    );
  }

  /** The members of an object, each line indented. */
  members(branch, indent) {
    const note = (step) => comment([text(this.#objects.get(`${branch.path}.${step}`)?.note)], indent);
    const lines = isEntry(branch) ? [...note('index'), `${indent}index: number;`] : [];
    const types = ['number'];
    for (const [step, child] of branch.below) {
      if (step === WORD || (step === 'count' && branch.below.has(ENTRY))) continue;
      const type = step === ENTRY ? `${this.type(child, indent)}[]` : this.type(child, indent);
      types.push(...type.split(' | '));
      if (step === ENTRY) {
        lines.push(...note('list'), `${indent}list: ${type};`);
        continue;
      }
      lines.push(...this.#comment(child, indent), `${indent}${propertyKey(step)}?: ${type};`);
      // A count that nobody has described is always the length of the array.
      const count = isList(child) ? child.below.get('count') : undefined;
      if (count === undefined || count.row.note === '-') continue;
      lines.push(...this.#comment(count, indent), `${indent}${propertyName(step)}Count?: ${this.type(count, indent)};`);
    }
    const word = branch.below.get(WORD);
    if (word === undefined) return lines;
    const all = new Set([this.type(word, indent), ...types, 'undefined']);
    return [...lines, ...note(WORD), `${indent}[name: string]: ${[...all].join(' | ')};`];
  }
}

/** What `nest` is told of a branch. */
function shapeOf(branch, indent = '') {
  const entry = branch.below.get(ENTRY);
  if (entry === undefined) return `shape.names(${shapesUnder(branch, indent)})`;
  // Words may be numbers, which are no indices then.
  const under = shapesUnder(entry, indent) || (entry.below.has(WORD) ? '{}' : '');
  return `shape.${isList(branch) ? 'list' : 'group'}(${under})`;
}

function shapesUnder(branch, indent) {
  const groups = [...branch.below].filter(([step, child]) => step !== WORD && !isField(child));
  if (groups.length === 0) return '';
  const inner = `${indent}  `;
  return ['{', ...groups.map(([step, child]) => `${inner}${step}: ${shapeOf(child, inner)},`), `${indent}}`].join('\n');
}

/** @returns {Record<string, string>} the files' paths and texts */
export function objectFiles(description) {
  const files = groupBy(description.fieldObjects, ({ group }) => group);
  return Object.fromEntries(
    [...files].flatMap(([group, objects]) => {
      const tree = treeOf(description.fields.filter((row) => row.group === group));
      const interfaces = new Interfaces(objects, description);
      const name = interfaces.type(tree, '');
      const file = `lib/params/${kebab(group)}`;
      const shapes = `${GENERATED}
import { shape } from '../nested.js';

/** @internal What \`nest\` is told of \`${name}\`. */
export const ${group} = ${shapeOf(tree)};
`;
      return [
        [`${file}.ts`, `${GENERATED}\n\n${interfaces.blocks.join('\n\n')}\n`],
        [`${file}-shape.ts`, shapes],
      ];
    }),
  );
}
