/** Reads the facade's sources: classes with their layers, members and what TSDoc says of them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const { SyntaxKind } = ts;

/** A TSDoc tag's text; undefined without the tag. */
function tag(node, name) {
  const found = ts.getJSDocTags(node).find((one) => one.tagName.text === name);
  if (found === undefined) return undefined;
  // The compiler takes the first word of @see for a reference, and keeps it beside the comment.
  return found
    .getText()
    .replace(/^@\w+/, '')
    .replace(/^\s*\*\s?/gm, ' ')
    .trim();
}

const isHidden = (node) =>
  node.modifiers?.some(({ kind }) => kind === SyntaxKind.PrivateKeyword || kind === SyntaxKind.ProtectedKeyword) ||
  tag(node, 'internal') !== undefined;

/** The C functions that a piece of code calls or hands on: `native.virX`. */
function calls(node) {
  const found = new Set();
  const visit = (one) => {
    if (ts.isPropertyAccessExpression(one) && one.expression.getText() === 'native') found.add(one.name.text);
    ts.forEachChild(one, visit);
  };
  visit(node);
  return found;
}

function describe(node, file) {
  const see = tag(node, 'see');
  return {
    file,
    documented: ts.getJSDocCommentsAndTags(node).some((one) => ts.isJSDoc(one) && one.comment !== undefined),
    see: see?.match(/\bvir[A-Z]\w+/g) ?? [],
    since: tag(node, 'since'),
    returns: node.type?.getText() ?? '',
    calls: calls(node),
  };
}

/** Overloads have one name; the documentation stands at the first. */
function addMember(members, name, node, file) {
  const before = members.get(name);
  const now = describe(node, file);
  if (before === undefined) members.set(name, now);
  else for (const call of now.calls) before.calls.add(call);
}

function classOf(node, file) {
  const base = node.heritageClauses?.find(({ token }) => token === SyntaxKind.ExtendsKeyword)?.types[0]?.expression;
  const members = new Map();
  for (const member of node.members) {
    if (ts.isConstructorDeclaration(member)) {
      for (const parameter of member.parameters) {
        if (ts.isParameterPropertyDeclaration(parameter, member) && !isHidden(parameter)) {
          addMember(members, parameter.name.getText(), parameter, file);
        }
      }
    } else if (member.name !== undefined && !ts.isPrivateIdentifier(member.name) && !isHidden(member)) {
      addMember(members, member.name.getText(), member, file);
    }
  }
  return { file, base: base?.getText(), members };
}

/** @param {string} root the project's */
export function readFacade(root) {
  const classes = new Map();
  const functions = new Map();
  const raw = new Set();
  const exported = new Set();
  const called = new Map();
  const parse = (file) =>
    ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const files = (folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.ts'));

  const sources = ['lib', 'lib/events'].filter((folder) => existsSync(join(root, folder)));
  for (const file of sources.flatMap((folder) => files(folder).map((name) => `${folder}/${name}`))) {
    const source = parse(file);
    for (const call of calls(source)) called.set(call, [...(called.get(call) ?? []), file]);
    for (const node of source.statements) {
      if (ts.isClassDeclaration(node) && node.name) classes.set(node.name.text, classOf(node, file));
      if (ts.isFunctionDeclaration(node) && node.name) addMember(functions, node.name.text, node, file);
      if (file === 'lib/index.ts' && ts.isExportDeclaration(node) && !node.isTypeOnly && node.exportClause) {
        for (const one of node.exportClause.elements ?? []) exported.add(one.name.text);
      }
    }
  }
  for (const file of files('lib/native').map((name) => `lib/native/${name}`)) {
    for (const node of parse(file).statements.filter(ts.isInterfaceDeclaration)) {
      if (!node.name.text.startsWith('Native')) continue;
      for (const member of node.members) raw.add(member.name.getText());
    }
  }
  return { classes, functions, raw, exported, called, constants: readConstants(root, parse) };
}

/** @returns {Map<string, { file: string, members: Map<string, string> }>} the constants' objects; values as they are written */
function readConstants(root, parse) {
  const objects = new Map();
  for (const name of readdirSync(join(root, 'lib/constants'))) {
    const file = `lib/constants/${name}`;
    for (const statement of parse(file).statements.filter(ts.isVariableStatement)) {
      for (const { name: object, initializer } of statement.declarationList.declarations) {
        const { properties } = initializer.expression;
        const members = new Map(properties.map((one) => [one.name.getText(), one.initializer.getText()]));
        objects.set(object.getText(), { file, members });
      }
    }
  }
  return objects;
}

/** The classes from a facade class up to the root, nearest first. */
export function layers(classes, name) {
  const found = [];
  for (let at = name; classes.has(at); at = classes.get(at).base) found.push(at);
  return found;
}
