import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { native } from '../lib/native.js';

// The types of the raw layer are written by hand. What they say of arguments is compared with what the addon takes.

interface Declared {
  parameters: { name: string; type: string; nullable: boolean; optional: boolean }[];
  isPromise: boolean;
}

const folder = path.join(__dirname, '../lib/native');

/** The functions of the `Native…` interfaces, by name. */
function declared(): Map<string, Declared> {
  const found = new Map<string, Declared>();
  for (const file of readdirSync(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    const aliases = new Map(
      source.statements.filter(ts.isTypeAliasDeclaration).map((one) => [one.name.text, one.type.getText()]),
    );
    const interfaces = source.statements.filter(ts.isInterfaceDeclaration);
    for (const member of interfaces
      .filter(({ name }) => name.text.startsWith('Native'))
      .flatMap((one) => one.members)) {
      if (!ts.isMethodSignature(member)) throw new Error(`${member.getText()} is no function`);
      const parameters = member.parameters.map((one) => {
        const written = one.type?.getText() ?? '';
        const type = aliases.get(written) ?? written;
        const inner = /^MaybeNull<(.*)>$/s.exec(type)?.[1];
        const optional = one.questionToken !== undefined;
        return { name: one.name.getText(), type: inner ?? type, nullable: inner !== undefined, optional };
      });
      const isPromise = /^Promise</.test(member.type?.getText() ?? '');
      found.set(member.name.getText(), { parameters, isPromise });
    }
  }
  return found;
}

/** What TypeScript calls what the addon takes; other names are those of handles. */
const types: Record<string, RegExp> = {
  string: /^string$/,
  'string[]': /^readonly string\[\]$/,
  boolean: /^boolean$/,
  int: /^number$/,
  uint: /^number$/,
  ulong: /^number$/,
  longlong: /^(?:bigint \| number|number \| bigint)$/,
  ulonglong: /^(?:bigint \| number|number \| bigint)$/,
  'uint[]': /^readonly number\[\]$/,
  'ulonglong[]': /^readonly \(bigint \| number\)\[\]$/,
  fd: /^number$/,
  'fd[]': /^readonly number\[\]$/,
  uuid: /^Buffer$/,
  bytes: /^Uint8Array$/,
  params: /^TypedParamsIn$/,
  auth: /^virConnectAuth$/,
  function: /^\w*CloseFunc$|^EventCallback<\w+>$|=> void$/,
  queue: /^EventQueueOptions$/,
};

describe('the types of the raw layer', () => {
  const written = declared();
  const functions = native.runtime.functions();

  it('are there for every function', () => {
    expect(functions.length).toBeGreaterThan(400);
    expect([...written.keys()].sort()).toEqual(functions.map(({ name }) => name).sort());
  });

  it('have the names of its arguments, in its order', () => {
    const given = functions.map(({ name }) => [name, written.get(name)?.parameters.map((one) => one.name)]);
    expect(given).toEqual(functions.map(({ name, parameters }) => [name, parameters.map((one) => one.name)]));
  });

  it('say what may be null, and let nothing else be left out', () => {
    const wanted = functions.map(({ name, parameters }) => [name, parameters.map(({ nullable }) => nullable)]);
    expect(functions.map(({ name }) => [name, written.get(name)?.parameters.map((one) => one.nullable)])).toEqual(
      wanted,
    );
    for (const [name, { parameters }] of written) {
      const first = parameters.findIndex(({ optional }) => optional);
      const rest = first === -1 ? [] : parameters.slice(first);
      expect([name, rest.filter(({ nullable, optional }) => !nullable || !optional)]).toEqual([name, []]);
    }
  });

  it('are those that it takes', () => {
    const wrong = functions.flatMap(({ name, parameters }) =>
      parameters.flatMap(({ name: parameter, type }, at) => {
        const given = written.get(name)?.parameters[at]?.type ?? '';
        const fits = types[type]?.test(given) ?? given === type;
        return fits ? [] : [`${name}, ${parameter}: ${given}, but the addon takes ${type}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('give a promise for all that may wait', () => {
    const promised = functions.filter(({ name }) => written.get(name)?.isPromise === true);
    expect(promised.map(({ name }) => name)).toEqual(
      functions.filter((one) => one.class !== 'local').map(({ name }) => name),
    );
  });
});
