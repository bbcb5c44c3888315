import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { collect } from './process.js';

jest.setTimeout(300_000); // machines that are busy with other suites, too

const root = resolve(__dirname, '../..');

interface Report {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs fixtures/suites.ts with jest, in an environment that has no `unshare`; gives the outcome by test. */
async function runSuites(path: string, env: Record<string, string>): Promise<Map<string, string>> {
  const config = JSON.stringify({
    rootDir: root,
    testMatch: ['<rootDir>/test/testbed/fixtures/suites.ts'],
    moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
    transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/test/tsconfig.json', transpilation: true }] },
  });
  const program = join(root, 'node_modules/jest/bin/jest.js');
  const child = spawn(process.execPath, [program, '--json', '--config', config], {
    cwd: root,
    env: { PATH: path, HOME: tmpdir(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { stdout, stderr } = await collect(child, 'jest', 240_000);
  if (stdout === '') throw new Error(stderr);
  const report = JSON.parse(stdout) as Report;
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return new Map(tests.map(({ fullName, status, failureMessages }) => [fullName, failureMessages[0] ?? status]));
}

describe('suites that need a test bed', () => {
  let path: string;

  beforeAll(() => {
    path = mkdtempSync(join(tmpdir(), 'path-'));
    for (const tool of ['bash', 'dirname', 'id', 'uname']) {
      const found = (process.env['PATH'] ?? '').split(delimiter).map((dir) => join(dir, tool));
      symlinkSync(found.find((file) => existsSync(file)) ?? tool, join(path, tool));
    }
  });

  afterAll(() => {
    rmSync(path, { recursive: true });
  });

  const reason = process.getuid?.() === 0 ? 'unshare is not installed' : 'not root';

  it.each([{}, { CI: '' }, { CI: 'false' }])(
    'are skipped on a machine that has not what it takes, and their titles say why: %j',
    async (env) => {
      const results = await runSuites(path, env);
      expect(Object.fromEntries(results)).toEqual({
        [`needs the inside [skipped: ${reason}] runs`]: 'pending',
      });
    },
  );

  it('fail there in CI', async () => {
    const results = await runSuites(path, { CI: 'true' });
    expect([...results.keys()]).toEqual(['needs the inside has what it takes to run']);
    for (const message of results.values()) expect(message).toContain(`not on this machine: ${reason}`);
  });

  it('are skipped where LIBVIRT_TESTBED is no, in CI too', async () => {
    const results = await runSuites(path, { CI: 'true', LIBVIRT_TESTBED: 'no' });
    expect(Object.fromEntries(results)).toEqual({
      'needs the inside [skipped: LIBVIRT_TESTBED is no, and this needs a test bed] runs': 'pending',
    });
  });
});
