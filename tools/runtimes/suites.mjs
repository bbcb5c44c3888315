/** The suites on one runtime. Each has a process of its own, so that one that takes the process with it hides no other. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { packageBinary, root } from '../util.mjs';

const TIME = 240_000;

const jest = (out, files) => [
  packageBinary('jest', 'bin/jest.js'),
  '--ci',
  '--silent',
  '--watchman=false',
  '--json',
  `--outputFile=${out}`,
  ...files,
];

/**
 * @param {string[]} command what starts the runtime
 * @returns {{ passed: number, left: number, failed: { suite: string, test: string, message: string }[] }}
 */
export function runSuites(command, key, binary, suites) {
  const folder = path.join(root, 'build/results', key);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, LIBVIRT_NAPI_BINARY: binary, LIBVIRT_TESTBED: 'no', NO_COLOR: '1' };
  // In CI what cannot run fails.
  delete env.CI;
  // jest's own processes would all be this runtime too, which only Node.js is made for.
  const groups = key.startsWith('node') ? [suites] : suites.map((suite) => [suite]);
  const sum = { passed: 0, left: 0, failed: [] };
  for (const group of groups) {
    const name = group.length === 1 ? path.basename(group[0], '.test.ts') : 'all';
    const out = path.join(folder, `${name}.json`);
    const args = [...command.slice(1), ...jest(out, group), ...(group.length === 1 ? ['--runInBand'] : [])];
    const time = group.length === 1 ? TIME : 20 * TIME;
    const { status, signal, stderr } = spawnSync(command[0], args, {
      cwd: root,
      env,
      encoding: 'utf8',
      timeout: time,
      killSignal: 'SIGKILL',
      maxBuffer: 256e6,
    });
    if (existsSync(out)) count(JSON.parse(readFileSync(out, 'utf8')), sum);
    else sum.failed.push({ suite: name, test: `ended by ${signal ?? status}`, message: stderr.slice(-2000) });
  }
  return sum;
}

function count(report, sum) {
  sum.passed += report.numPassedTests;
  sum.left += report.numPendingTests;
  for (const { name, status, message, assertionResults: tests } of report.testResults) {
    const suite = path.basename(name, '.test.ts');
    const failed = tests.filter((test) => test.status === 'failed');
    for (const { fullName, failureMessages } of failed) {
      sum.failed.push({ suite, test: fullName, message: failureMessages.join('\n') });
    }
    if (status === 'failed' && failed.length === 0) sum.failed.push({ suite, test: 'did not run', message });
  }
}
