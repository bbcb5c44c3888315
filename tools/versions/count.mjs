/** What jest reported, counted by what the suites run on and by the reason for which a test was skipped. */
import { readFileSync } from 'node:fs';

/** What test/versions.ts says of tests that it skips. */
const NEWER = /\[skipped: it needs libvirt /;
const DEFECT = /\[skipped: a defect of libvirt \d+: (.*)\]/;

const nothing = () => ({ passed: 0, failed: 0, broken: 0, newer: 0, defect: 0, left: 0 });

/** Whether a suite starts a libvirtd for its tests, or for some of them. */
const startsLibvirtd = (file) => /^describeWith\w+\(/m.test(readFileSync(file, 'utf8'));

/**
 * @param {object} jest its report
 * @returns tests that passed and failed, suites that did not run, tests that need a newer libvirt or one without a defect, and
 *   others that were left out
 */
export function countTests(jest) {
  const sums = { driver: nothing(), libvirtd: nothing() };
  for (const { name, status, assertionResults: tests } of jest.testResults) {
    const sum = sums[startsLibvirtd(name) ? 'libvirtd' : 'driver'];
    if (status === 'failed' && !tests.some((test) => test.status === 'failed')) sum.broken += 1;
    for (const test of tests) {
      if (test.status === 'passed') sum.passed += 1;
      else if (test.status === 'failed') sum.failed += 1;
      else if (NEWER.test(test.fullName)) sum.newer += 1;
      else if (DEFECT.test(test.fullName)) sum.defect += 1;
      else sum.left += 1;
    }
  }
  return sums;
}

/** @returns {string[]} for what defects of that libvirt tests were skipped */
export function defectsIn(jest) {
  const names = jest.testResults.flatMap(({ assertionResults: tests }) => tests.map(({ fullName }) => fullName));
  return [...new Set(names.flatMap((name) => DEFECT.exec(name)?.[1] ?? []))];
}
