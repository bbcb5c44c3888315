import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { readCells } from './tables.js';

const root = path.join(__dirname, '..');

describe('tools/api/fields.tsv', () => {
  // test/coverage.test.ts compares the other versions with those of libvirt's macros.
  it('has figures of performance events since their events', () => {
    const since = (group: string, prefix: string) =>
      readCells('tools/api/fields.tsv')
        .filter(([set, field]) => set === group && field?.startsWith(prefix))
        .map(([, field = '', , version]) => [field.slice(prefix.length), version])
        .sort();
    expect(since('domainStats', 'perf.')).toEqual(since('perf', ''));
  });

  it('is the only one: the addon has no table of its own', () => {
    const folder = path.join(root, 'src/objects');
    const others = readdirSync(folder).filter((file) =>
      /VIR_TYPED_PARAM_(?!UNSET)|\bField\b/.test(readFileSync(path.join(folder, file), 'utf8')),
    );
    expect(others).toEqual([]);
  });

  const typeOf: Record<string, string> = {
    int: 'number',
    uint: 'number',
    llong: 'bigint',
    ullong: 'bigint',
    double: 'number',
    boolean: 'boolean',
    string: 'string',
  };

  it.each([
    ['domainStats', 'DomainStats', 'lib/params/domain-stats.ts'],
    ['guestInfo', 'GuestInfo', 'lib/params/guest-info.ts'],
  ])('%s is what %s says, field by field', (group, name, file) => {
    const program = ts.createProgram([path.join(root, file)], {
      strict: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      types: [],
    });
    const checker = program.getTypeChecker();
    const source = program.getSourceFile(path.join(root, file));
    const declared = source?.statements.find((one) => ts.isInterfaceDeclaration(one) && one.name.text === name);
    if (declared === undefined) throw new Error(`${name} is not in ${file}`);

    /** `block[].rd.reqs: bigint`, for every leaf. What an index signature stands for has no name and is none. */
    const leaves = (type: ts.Type, at: string): string[] => {
      const whole = checker.getNonNullableType(type);
      if (checker.isArrayType(whole)) {
        const [item] = checker.getTypeArguments(whole as ts.TypeReference);
        return item === undefined ? [] : leaves(item, `${at}[]`);
      }
      if (whole.isUnion() || (whole.flags & ts.TypeFlags.Object) === 0)
        return [`${at}: ${checker.typeToString(whole)}`];
      return whole.getProperties().flatMap((property) => {
        const { name: key } = property;
        // Made by the nesting, not sent: the index of an entry, and counts that are not the length.
        if ((key === 'index' && at.endsWith('[]')) || key.endsWith('Count')) return [];
        if (key === 'list') return leaves(checker.getTypeOfSymbol(property), at);
        return leaves(checker.getTypeOfSymbol(property), at === '' ? key : `${at}.${key}`);
      });
    };
    const camel = (step: string) => step.replace(/[-_]+(.)/g, (_, letter: string) => letter.toUpperCase());
    const sent = readCells('tools/api/fields.tsv')
      .filter(([set, field = '']) => set === group && !field.endsWith('.count') && !field.includes('.<name>.'))
      .flatMap(([, field = '', type = '']) => {
        const words = /\{([^}]*)\}/.exec(field);
        const names =
          words === null ? [field] : (words[1] ?? '').split('|').map((word) => field.replace(words[0], word));
        return names.map((one) => [one, type] as const);
      })
      .map(([field, type]) => {
        const steps = field.split('.').map(camel).join('.').replaceAll('.<n>', '[]');
        const types = type.split('|').map((one) => typeOf[one] ?? one);
        return `${steps}: ${types.join(' | ')}`;
      });
    expect(leaves(checker.getTypeAtLocation(declared), '').sort()).toEqual(sent.sort());
  });
});
