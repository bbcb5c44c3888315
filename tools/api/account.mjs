/**
 * Accounts for every symbol of libvirt: where it is in the library, or why it is not there. What is neither, or is not as
 * the tables say, is a problem: problems are lists of sentences, by kind.
 */
import { finder, groupBy, readTable, versionNumber } from './description.mjs';
import { layers } from './facade.mjs';
import { groupOf, missingFields, wrongFields } from './fields.mjs';
import { exportName, memberName } from './names.mjs';

/** Why the functions are not there that names.tsv gives no method. */
export const NOT_THERE = {
  lifetime: 'Handles keep and give back C’s references by themselves.',
  result: 'What C hands out is copied to plain objects and freed.',
  'typed-params': 'Typed parameters are plain objects, so there are no lists of them to build, search or free.',
  error: 'Errors are thrown as `LibvirtError`, each to its own caller, so there is no last error to ask for.',
  'event-loop': 'The library runs libvirt’s event loop on a thread of its own, once in a process.',
  init: 'Loading the library does it.',
  stream: 'The raw layer has them; in the facade streams of Node.js and transfers are made of them.',
  pump: 'C would wait for JavaScript at each piece. Transfers, and streams of Node.js, move the bytes in their place.',
  'process-state': 'They change the whole calling process or thread, and Node.js has many threads.',
};

const isExposed = ({ facade }) => facade !== '-';

/** A child keeps its parent, whatever C would say: such a property has no function behind it. */
const isKept = ({ note }) => /^the object keeps it; C is not called$/.test(note ?? '');
const classPart = (facade) => (facade.includes('.') ? facade.split('.')[0] : undefined);
const memberPart = (facade) => facade.split('.').at(-1);

/** Numbers that only size C's buffers. */
export const isBufferSize = ({ name }) => /_(BUFLEN|FIELD_LENGTH)$/.test(name);

/** What the hand-written tables say, joined with the description. */
function readTables(description) {
  const names = new Map(readTable('../names.tsv').rows.map((row) => [row.c_name, row]));
  const later = readTable('later.tsv').rows;
  const places = readTable('callback-places.tsv').rows;
  const own = readTable('own.tsv').rows;
  return { description, names, later, laterOf: finder(later), places, placeOf: finder(places), own };
}

/** A member of a class or of its layers; `shared` when other classes of the facade have it from there too. */
function finderOfMembers(facade, owners) {
  const heirs = new Map();
  for (const owner of owners) {
    for (const layer of layers(facade.classes, owner)) heirs.set(layer, (heirs.get(layer) ?? 0) + 1);
  }
  return (place) => {
    const owner = classPart(place);
    if (owner === undefined) return facade.functions.get(place);
    const layer = layers(facade.classes, owner).find((one) => facade.classes.get(one).members.has(memberPart(place)));
    if (layer === undefined) return undefined;
    return { ...facade.classes.get(layer).members.get(memberPart(place)), shared: heirs.get(layer) > 1 };
  };
}

/** What is to be said against the documentation of a method that stands for these C functions. */
function documentation(place, method, rows, sinces, called) {
  const wrong = [];
  const say = (text) => wrong.push(`${place}: ${text}`);
  if (!method.documented) say('no TSDoc');
  // One property serves many classes there, so it can name no function.
  if (method.shared) return wrong;
  for (const { name, same_as: other } of rows) {
    // An older or newer variant that the facade never calls need not be named.
    const isUnused = other !== '-' && !called.has(name);
    if (!isUnused && !method.see.includes(name)) say(`@see does not name ${name}`);
  }
  const foreign = method.see.filter((name) => !rows.some((row) => row.name === name));
  for (const name of foreign) say(`@see names ${name}, which is not this method’s`);
  if (method.since === undefined) return [...wrong, `${place}: no @since`];
  const given = method.since.match(/\d+\.\d+\.\d+/g) ?? [];
  const used = rows.filter(({ name }) => method.see.includes(name)).map(({ since }) => since);
  const wanted = used.sort((a, b) => versionNumber(a) - versionNumber(b));
  if (wanted.length > 0 && given[0] !== wanted[0]) say(`@since begins with ${given[0]}, libvirt says ${wanted[0]}`);
  for (const version of wanted.filter((one) => !given.includes(one))) say(`@since does not mention ${version}`);
  for (const version of given.filter((one) => !sinces.has(one))) say(`@since ${version} is no version of libvirt’s`);
  return wrong;
}

function accountFunctions(tables, facade, bound, problems) {
  const { description, names, later, laterOf, own } = tables;
  const rows = description.functions.map((one) => ({ ...names.get(one.name), ...one }));
  const owners = new Set(rows.flatMap((row) => (row.facade && classPart(row.facade)) ?? []));
  owners.delete('');
  const memberOf = finderOfMembers(
    facade,
    [...owners].filter((owner) => facade.classes.has(owner)),
  );
  const sinces = new Set(
    [...description.functions, ...description.enums, ...description.macros].map((one) => one.since),
  );

  for (const row of rows) {
    row.bound = bound.has(row.name);
    row.later = laterOf(row.name);
    if (row.facade === undefined) {
      row.status = 'unaccounted';
      problems.unnamed.push(row.name);
    } else if (row.kind === 'stream') {
      row.status = row.bound ? 'bound' : 'unaccounted';
      if (!row.bound) problems.unbound.push(row.name);
      else if (!facade.raw.has(row.name)) problems.untyped.push(`${row.name} is not in lib/native/`);
    } else if (!isExposed(row)) {
      row.status = 'plumbing';
      row.reason = NOT_THERE[row.kind];
      if (row.reason === undefined) problems.unnamed.push(`${row.name}: no reason for ${row.kind}`);
      if (row.bound) problems.plumbing.push(row.name);
      if (row.later) problems.later.push(`${row.later.pattern} fits ${row.name}, which names.tsv leaves out for good`);
    } else if (row.bound || isKept(row)) {
      row.status = row.bound ? 'bound' : 'kept';
      row.method = memberOf(row.facade);
      if (row.later) problems.later.push(`${row.later.pattern} fits ${row.name}, which is bound`);
      if (row.bound && !facade.raw.has(row.name)) problems.untyped.push(`${row.name} is not in lib/native/`);
      if (row.method === undefined) problems.missing.push(`${row.facade} (${row.name})`);
      if (row.kind === 'job' && row.method && !/^(Job<|BlockJob$)/.test(row.method.returns)) {
        problems.jobs.push(`${row.facade} returns ${row.method.returns || 'what is not written'}`);
      }
    } else if (row.later) row.status = 'later';
    else {
      row.status = 'unaccounted';
      problems.unbound.push(row.name);
    }
  }
  const known = new Set(rows.map(({ name }) => name));
  for (const name of bound) if (!known.has(name)) problems.unknown.push(`${name} is bound, and no function of libvirt`);
  for (const name of facade.raw) {
    if (name !== 'runtime' && !bound.has(name)) problems.untyped.push(`${name} is in lib/native/ and not bound`);
  }
  const matched = new Set([...rows, ...description.callbacks].map(({ name }) => laterOf(name)?.pattern));
  for (const row of later) if (!matched.has(row.pattern)) problems.later.push(`${row.pattern} fits nothing`);

  for (const [place, group] of groupBy(
    rows.filter((row) => row.method),
    (row) => row.facade,
  )) {
    // A parent that the object keeps is the library's own affair, so TSDoc is enough.
    const isOwn = group.every(({ status }) => status === 'kept');
    if (isOwn) group[0].method.shared = true;
    problems.documentation.push(...documentation(place, group[0].method, group, sinces, facade.called));
  }
  accountMembers(rows, owners, facade, own, memberOf, problems);
  return rows;
}

/** What is to be said against the documentation of a member that is no function of C: its version is that of what it needs. */
function ownDocumentation({ member: place, uses }, member, sinceOf) {
  if (member === undefined) return [];
  const needed = uses === '-' ? [] : uses.split(' ');
  const unknown = needed
    .filter((name) => !sinceOf.has(name))
    .map((name) => `${place}: ${name} is no function of libvirt`);
  const foreign = member.see
    .filter((name) => !needed.includes(name))
    .map((name) => `${place}: @see names ${name}, which own.tsv does not say that it uses`);
  const versions = needed.filter((name) => sinceOf.has(name)).map((name) => sinceOf.get(name));
  const newest = versions.sort((a, b) => versionNumber(b) - versionNumber(a))[0];
  const given = member.since?.match(/\d+\.\d+\.\d+/)?.[0];
  const wrong =
    given === newest ? [] : [`${place}: @since is ${given ?? 'not there'}, what it uses needs ${newest ?? 'none'}`];
  return [...unknown, ...foreign, ...wrong];
}

/** Every public member of a facade class is a function of C, or has a reason. */
function accountMembers(rows, owners, facade, own, memberOf, problems) {
  const places = new Set(rows.flatMap(({ facade: place }) => place ?? []));
  const reasons = new Set(own.map(({ member }) => member));
  const sinceOf = new Map(rows.map(({ name, since }) => [name, since]));
  const used = new Set();
  for (const owner of [...owners].filter((one) => facade.classes.has(one))) {
    if (!facade.exported.has(owner)) problems.members.push(`${owner} is not exported by lib/index.ts`);
    const names = layers(facade.classes, owner).flatMap((layer) => [...facade.classes.get(layer).members.keys()]);
    for (const name of new Set(names)) {
      const keys = [`${owner}.${name}`, `*.${name}`].filter((key) => reasons.has(key));
      for (const key of keys) used.add(key);
      if (keys.length === 0 && !places.has(`${owner}.${name}`)) problems.members.push(`${owner}.${name}`);
    }
  }
  for (const row of own) problems.documentation.push(...ownDocumentation(row, memberOf(row.member), sinceOf));
  // A class that does not exist yet keeps its rows.
  const stale = own.filter(
    ({ member }) => !used.has(member) && (/^\*/.test(member) || facade.classes.has(classPart(member))),
  );
  for (const { member } of stale) problems.members.push(`own.tsv: ${member} does not exist`);
}

function accountCallbacks({ description, laterOf, placeOf, places }, problems) {
  const rows = description.callbacks.map((one) => ({ ...one, later: laterOf(one.name), place: placeOf(one.name) }));
  for (const { name, later, place } of rows) {
    if (!later && !place) problems.callbacks.push(name);
    if (later && place) problems.callbacks.push(`${name} is in later.tsv and in callback-places.tsv`);
  }
  const used = new Set(rows.map(({ place }) => place));
  for (const row of places.filter((one) => !used.has(one))) problems.callbacks.push(`${row.pattern} fits nothing`);
  return rows;
}

function accountConstants({ description }, { constants }, problems) {
  const expected = new Map();
  const expect = (object, member, value, name) => {
    const members = expected.get(object) ?? expected.set(object, new Set()).get(object);
    members.add(member);
    const found = constants.get(object)?.members.get(member);
    if (found === undefined) problems.constants.push(`${name} is not ${object}.${member}`);
    else if (found.replace(/n$/, '') !== String(value)) problems.constants.push(`${name} is ${value}, not ${found}`);
    return { object, member, found: found !== undefined };
  };
  const rules = new Map(description.enumPrefixes.map((row) => [row.enum, row]));
  const enums = [...groupBy(description.enums, (row) => row.enum)].map(([name, rows]) => {
    const { prefix = '', sentinels = '-' } = rules.get(name) ?? {};
    const ends = rows.filter(({ constant }) => sentinels.split(' ').includes(constant));
    const object = exportName(name);
    const real = rows
      .filter((row) => !ends.includes(row))
      .map((row) => ({ ...row, ...expect(object, memberName(row.constant, prefix), row.value, row.constant) }));
    return { name, object, real, ends };
  });

  const macros = description.macros.map((macro) => {
    const { name, kind, value } = macro;
    const target = description.enums.find(({ constant }) => constant === value);
    if (kind === 'string') {
      const group = groupOf(macro, description.fieldGroups);
      if (group === undefined) {
        problems.constants.push(`${name} has no group in field-groups.tsv`);
        return macro;
      }
      const member = memberName(name, group.prefix);
      return { ...macro, ...expect(group.group, member, `'${value.replaceAll("'", "\\'")}'`, name) };
    }
    if (kind === 'alias' && target !== undefined) {
      const member = memberName(name, rules.get(target.enum)?.prefix ?? '');
      return { ...macro, ...expect(exportName(target.enum), member, target.value, name) };
    }
    if (isBufferSize(macro)) return macro;
    if (kind === 'number') return { ...macro, ...expect('Limits', memberName(name, 'VIR_'), value, name) };
    problems.constants.push(`${name} is another name of ${value}, which is no constant`);
    return macro;
  });
  for (const [object, { members }] of constants) {
    const extra = [...members.keys()].filter((member) => !expected.get(object)?.has(member));
    for (const member of extra) problems.constants.push(`${object}.${member} is no constant of libvirt’s`);
  }
  return { enums, macros };
}

/**
 * @param {object} description of libvirt
 * @param {object} facade as readFacade gives it
 * @param {Set<string>} bound the names of the addon's functions
 */
export function account(description, facade, bound) {
  const kinds =
    'unnamed unbound unknown plumbing later missing documentation jobs members untyped callbacks constants fields';
  const problems = Object.fromEntries(kinds.split(' ').map((kind) => [kind, []]));
  const tables = readTables(description);
  const functions = accountFunctions(tables, facade, bound, problems);
  const callbacks = accountCallbacks(tables, problems);
  const { enums, macros } = accountConstants(tables, facade, problems);
  problems.fields.push(
    ...missingFields(description).map(({ group, field, macro }) => `${macro.name} is not ${group} ${field}`),
    ...wrongFields(description),
  );
  return { version: description.version, functions, callbacks, enums, macros, facade, problems };
}
