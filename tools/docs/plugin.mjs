/**
 * What TypeDoc cannot know: the tasks by which methods are grouped, where libvirt describes its C functions, what the
 * raw layer's functions are, and the titles of the guides.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Comment, CommentTag, Converter, ReferenceType, ReflectionFlag, ReflectionKind } from 'typedoc';
import { parseTable, readTable } from '../api/description.mjs';
import { root } from '../util.mjs';
import { PAGES, titleOf } from './pages.mjs';
import { taskOf } from './tasks.mjs';

const functions = new Map(readTable('functions.tsv').rows.map((row) => [row.name, row]));
const names = new Map(
  parseTable(readFileSync(path.join(root, 'tools/names.tsv'), 'utf8')).rows.map((row) => [row.c_name, row.facade]),
);

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => titled(document));
  // How a class is put together from files is of no use to who calls it.
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const reflection of Object.values(project.reflections)) {
      delete reflection.inheritedFrom;
      delete reflection.overwrites;
      if (reflection.kindOf(ReflectionKind.Class)) {
        delete reflection.typeHierarchy;
        delete reflection.extendedTypes;
      }
      reflection.flags.setFlag(ReflectionFlag.Inherited, false);
    }
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    const { project } = context;
    untitle(project);
    for (const module of project.children ?? []) named(module);
    for (const reflection of Object.values(project.reflections)) {
      if (isPlumbing(reflection)) project.removeReflection(reflection);
    }
    const all = Object.values(project.reflections);
    const methods = new Map(
      all
        .filter(({ parent }) => parent?.kindOf(ReflectionKind.Class))
        .map((one) => [`${one.parent.name}.${one.name}`, one]),
    );
    const enums = new Map(all.filter((one) => one.kindOf(ReflectionKind.Enum)).map((one) => [one.name, one]));
    for (const reflection of all) {
      const declaration = context.getSymbolFromReflection(reflection)?.declarations?.[0];
      const file = path.basename(declaration?.getSourceFile().fileName ?? '');
      if (reflection.kindOf(ReflectionKind.Method)) {
        described(reflection, file, methods, app.logger);
        typedByName(reflection, declaration, enums);
      }
      if (reflection.parent?.kindOf(ReflectionKind.Module)) categorised(reflection, kindOf(reflection, file));
      if (isRaw(reflection)) reflection.comment ??= new Comment([text(`C's \`${reflection.name}\`.`)]);
      reflection.comment?.blockTags.forEach(linked);
    }
  });
}

const text = (content) => ({ kind: 'text', text: content });

function named(module) {
  if (module.name === 'index') module.name = 'libvirt-napi';
  if (module.name === 'native') module.name = 'libvirt-napi/native';
}

/** The layers that `Native` is put together from, and tables that are exported for the library's own sake. */
const isPlumbing = ({ name, parent }) =>
  (/^Native./.test(name) && parent?.name === 'libvirt-napi/native') || name === 'Groups' || name === 'wireNames';

const isRaw = (one) => /^vir[A-Z]/.test(one.name) && one.kindOf(ReflectionKind.Interface | ReflectionKind.TypeAlias);

function kindOf(reflection, file) {
  if (reflection.kindOf(ReflectionKind.Enum)) return `Constants: ${path.basename(file, '.ts').replaceAll('-', ' ')}`;
  if (reflection.kindOf(ReflectionKind.Class)) return 'Classes';
  return reflection.kindOf(ReflectionKind.Interface | ReflectionKind.TypeAlias) ? 'Types' : 'Functions';
}

/** The site has a title of its own. */
function untitle({ readme = [] }) {
  const [first] = readme;
  if (first) first.text = first.text.replace(/^# .*\n/, '');
}

function titled(document) {
  const title = titleOf(Comment.combineDisplayParts(document.content));
  const page = PAGES.find(([, file]) => `/${file}`.endsWith(`/${document.name}.md`));
  document.frontmatter.group = page?.[0] ?? 'Guide';
  if (title) document.name = title;
}

/** `flags` is a number to the compiler: the reader wants to know of which constants. */
function typedByName(method, declaration, enums) {
  for (const signature of method.signatures ?? []) {
    signature.parameters?.forEach((parameter, at) => {
      const target = enums.get(declaration?.parameters?.[at]?.type?.getText());
      if (target) parameter.type = ReferenceType.createResolvedReference(target.name, target, method.project);
    });
  }
}

function described(method, file, methods, logger) {
  const { parent } = method;
  for (const signature of method.signatures ?? []) {
    if (functions.has(method.name)) signature.comment ??= raw(method.name, methods);
    else if (parent?.kindOf(ReflectionKind.Class)) {
      const task = taskOf(parent.name, method.name, file);
      if (task === undefined) logger.warn(`${parent.name}.${method.name} belongs to no task of tools/docs/tasks.mjs`);
      else categorised(signature, task);
    }
  }
}

/** Only what is described: a comment of ours would hide that one is missing. */
function categorised(reflection, title) {
  reflection.comment?.blockTags.push(new CommentTag('@category', [text(title)]));
}

/** A function of the raw layer: where libvirt describes it, and which method is over it. */
function raw(name, methods) {
  const target = methods.get(names.get(name));
  const summary = target ? [text('In the facade: '), link(names.get(name), target)] : [];
  return new Comment(summary, [
    new CommentTag('@see', [text(name)]),
    new CommentTag('@since', [text(`libvirt ${functions.get(name).since}`)]),
  ]);
}

const link = (label, target) => ({ kind: 'inline-tag', tag: '@link', text: label, target, tsLinkText: label });

/** `@see virDomainSave, virDomainSaveFlags`: each name leads to libvirt's own page. */
function linked(tag) {
  if (tag.tag !== '@see') return;
  tag.content = tag.content.flatMap((part) =>
    part.kind === 'text' ? part.text.split(/\b(vir[A-Z]\w+)\b/).map(cFunction) : [part],
  );
}

function cFunction(name) {
  const header = functions.get(name)?.header;
  return header === undefined ? text(name) : link(name, `https://libvirt.org/html/libvirt-${header}.html#${name}`);
}
