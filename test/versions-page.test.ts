import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const root = path.join(__dirname, '..');

describe('docs/versions.md', () => {
  const page = readFileSync(path.join(root, 'docs/versions.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| Debian '));

  it('has a row for each system, from Debian 11 to testing', () => {
    const releases = ['11 (bullseye)', '12 (bookworm)', '13 (trixie)', 'forky/sid'];
    expect(rows.map((row) => /GNU\/Linux (\S+(?: \(\w+\))?)/.exec(row)?.[1])).toEqual(releases);
  });

  it('tells of a run in which everything ran and nothing failed', () => {
    expect(page).not.toMatch(/failed|did not run|not tried|left out/);
    for (const row of rows) expect(row.match(/\d{2,} passed/g)).toHaveLength(2);
  });
});

describe('what jest reports of the suites in a system', () => {
  /** Reports one suite of each kind with these tests, and gives how they are counted. */
  function count(tests: { fullName: string; status: string }[]): unknown {
    const report = {
      testResults: ['job.test.ts', 'libvirtd-domain.test.ts'].map((name) => ({
        name: path.join(__dirname, name),
        status: tests.length === 0 ? 'failed' : 'passed',
        assertionResults: tests,
      })),
    };
    const code = `import { countTests } from ${JSON.stringify(pathToFileURL(path.join(root, 'tools/versions/count.mjs')).href)};
      console.log(JSON.stringify(countTests(JSON.parse(process.argv[1]))));`;
    const args = ['--input-type=module', '-e', code, JSON.stringify(report)];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (stderr !== '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  it('is counted by whether a suite starts a libvirtd, and skipped tests by their reason', () => {
    const sum = { passed: 2, failed: 1, broken: 0, newer: 1, defect: 1, left: 1 };
    const tests = [
      { fullName: 'a', status: 'passed' },
      { fullName: 'b', status: 'passed' },
      { fullName: 'c', status: 'failed' },
      { fullName: 'd [skipped: it needs libvirt 9.7.0, and 9000000 is loaded]', status: 'pending' },
      { fullName: 'e [skipped: a defect of libvirt 11003000: it crashes]', status: 'pending' },
      { fullName: 'f [skipped: not root]', status: 'pending' },
    ];
    expect(count(tests)).toEqual({ driver: sum, libvirtd: sum });
  });

  it('is a suite that did not run where it has no tests', () => {
    const sum = { passed: 0, failed: 0, broken: 1, newer: 0, defect: 0, left: 0 };
    expect(count([])).toEqual({ driver: sum, libvirtd: sum });
  });
});
