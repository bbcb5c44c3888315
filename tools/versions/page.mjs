/** The page of results: docs/versions.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { root } from '../util.mjs';
import { countTests, defectsIn } from './count.mjs';
import { LEFT_OUT } from './suites.mjs';

const HEAD = [
  'system',
  'libvirt',
  'QEMU',
  'glibc',
  'Node.js',
  'compiles with its headers',
  'on the test driver',
  'on its libvirtd',
  'needs a newer libvirt',
  'meets a defect of it',
];

function told({ passed, failed, broken, left }) {
  return [
    `${passed} passed`,
    ...(failed > 0 ? [`**${failed} failed**`] : []),
    ...(broken > 0 ? [`**${broken} suites did not run**`] : []),
    ...(left > 0 ? [`**${left} left out**`] : []),
  ].join(', ');
}

function tests(jest) {
  if (jest === undefined) return ['**did not run**', '**did not run**', '', ''];
  const { driver, libvirtd } = countTests(jest);
  const sum = (kind) => String(driver[kind] + libvirtd[kind]);
  return [told(driver), told(libvirtd), sum('newer'), sum('defect')];
}

const row = (name, { headers, facts = {}, jest }) => [
  facts.system ?? name,
  facts.libvirt ?? headers?.version ?? '',
  facts.qemu ?? '',
  facts.libc ?? '',
  facts.node ?? '',
  headers === undefined
    ? '**not tried**'
    : headers.failed.length === 0
      ? `yes (${headers.version})`
      : `**failed: ${headers.failed.map(({ file }) => path.basename(file)).join(', ')}**`,
  ...tests(jest),
];

const table = (rows) => rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/**
 * @param {Map<string, object>} results by the name of the system
 * @param {object} needs what the binary asks for
 */
export async function writePage(results, needs) {
  const rows = [HEAD, HEAD.map(() => '---'), ...[...results].map(([name, result]) => row(name, result))];
  const left = [['suites', 'what they are'], ['---', '---'], ...LEFT_OUT];
  const defects = [...results.values()].flatMap(({ facts, jest }) =>
    jest === undefined ? [] : defectsIn(jest).map((defect) => `- libvirt ${facts.libvirt}: ${defect}`),
  );
  const text = [
    '# Versions of libvirt',
    'One binary, run on the libvirt of several Debian releases, each with its own libvirtd, QEMU and C library. Made by `npm run test:versions` before a release; not by hand, and not by CI.',
    `The binary is the one that ships, compiled on the oldest of them: a binary asks for the C library that it was linked with or a newer one. This one asks for glibc ${needs.glibc} and libstdc++'s GLIBCXX ${needs.glibcxx}, and for no symbol versions of libvirt.`,
    table(rows),
    'The suites are those of `npm test`. Those that start a libvirtd do it in a private copy of the system in question: machines, networks, storage, snapshots, jobs, migration, events, guests that boot. What a libvirt does differently from others is said in the test. Tests of what it does not have yet, and tests that a defect of it defeats, are skipped and counted in the last columns.',
    ...(defects.length > 0 ? ['The defects, which other programs meet there too:', defects.join('\n')] : []),
    'Not run here, since they do not depend on the libvirt of the system:',
    table(left),
    '',
  ].join('\n\n');
  const file = path.join(root, 'docs/versions.md');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, await format(text, { parser: 'markdown' }));
}
