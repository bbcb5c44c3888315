/** The page of results: docs/versions.md. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { root } from '../util.mjs';

const HEAD = [
  'system',
  'libvirt',
  'QEMU',
  'glibc',
  'Node.js',
  'compiles with its headers',
  'suites',
  'on its libvirtd',
];

function suites(jest) {
  if (jest === undefined) return '**did not run**';
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: left } = jest;
  const broken = jest.testResults.filter((one) => one.status === 'failed' && one.assertionResults.length === 0).length;
  const wrong = [failed > 0 && `**${failed} failed**`, broken > 0 && `**${broken} suites did not run**`].filter(
    Boolean,
  );
  return [`${passed} passed`, ...wrong, ...(left > 0 ? [`${left} need a test bed`] : [])].join(', ');
}

function steps(found) {
  if (found === undefined) return '**did not run**';
  const wrong = found.filter(({ ok }) => !ok).map(({ name }) => name);
  return wrong.length === 0 ? `all ${found.length} steps` : `**not: ${wrong.join(', ')}**`;
}

const row = (name, { headers, facts = {}, jest, steps: found }) => [
  facts.system ?? name,
  facts.libvirt ?? headers?.version ?? '',
  facts.qemu ?? '',
  facts.libc ?? '',
  facts.node ?? '',
  headers === undefined
    ? 'not tried'
    : headers.failed.length === 0
      ? `yes (${headers.version})`
      : `**not: ${headers.failed.map(({ file }) => path.basename(file)).join(', ')}**`,
  suites(jest),
  steps(found),
];

/**
 * @param {Map<string, object>} results by the name of the system
 * @param {object | undefined} needs what the binary asks for
 */
export async function writePage(results, needs) {
  const rows = [HEAD, HEAD.map(() => '---'), ...[...results].map(([name, result]) => row(name, result))];
  const text = [
    '# Versions of libvirt',
    'One binary, run on the libvirt of several Debian releases, each with its own libvirtd, QEMU and C library. Made by `npm run test:versions` before a release; not by hand, and not by CI.',
    `The binary is the one that ships, compiled on the oldest of them: a binary asks for the C library that it was linked with or a newer one. This one asks for glibc ${needs.glibc} and libstdc++'s GLIBCXX ${needs.glibcxx}, and for no symbol versions of libvirt.`,
    rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    'The suites use libvirt’s test driver, and a libvirtd where one given by URI is enough; those that need a test bed of their own run on the developer’s system. The steps on the libvirtd open, define, start, list, watch, destroy and undefine a network and a machine under emulation.',
    '',
  ].join('\n\n');
  const file = path.join(root, 'docs/versions.md');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, await format(text, { parser: 'markdown' }));
}
