import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { startTestbed, type Testbed, type TestbedOptions } from './bed.js';

const cold = 15 * 60_000; // the first run on a machine installs packages

/** For who tests something else, such as another runtime. */
const unwanted = (): boolean => process.env['LIBVIRT_TESTBED'] === 'no';

let answer: { reason: string | undefined } | undefined;

/** Why this machine can run no test bed; undefined when it can. */
export function whyNoTestbed(): string | undefined {
  answer ??= { reason: check() };
  return answer.reason;
}

function check(): string | undefined {
  const { status, stdout, stderr, error } = spawnSync('bash', [join(__dirname, 'sandbox.sh'), 'check'], {
    encoding: 'utf8',
  });
  if (error !== undefined) return `bash does not run: ${error.message}`;
  return status === 0 ? undefined : (stdout + stderr).trim();
}

/** By the rule of tools/build.mjs. */
const isCI = (): boolean => Boolean(process.env['CI']) && process.env['CI'] !== 'false';

/** A suite that cannot run says why in its title. In CI, where it must run, it fails. */
export function unavailable(name: string, reason: string, body: () => void): void {
  if (!isCI()) {
    describe.skip(`${name} [skipped: ${reason}]`, body);
    return;
  }
  describe(name, () => {
    it('has what it takes to run', () => {
      throw new Error(`not on this machine: ${reason}`);
    });
  });
}

/**
 * A suite with a test bed of its own, started before its tests. `body` gets a function that gives the bed; call that
 * in tests and hooks, not while the suite is being described.
 */
export function describeWithTestbed(name: string, body: (bed: () => Testbed) => void, options?: TestbedOptions): void {
  let bed: Testbed | undefined;
  const get = (): Testbed => {
    if (bed === undefined) throw new Error('the test bed is there in tests and hooks only');
    return bed;
  };
  if (unwanted()) {
    describe.skip(`${name} [skipped: LIBVIRT_TESTBED is no, and this needs a test bed]`, () => {
      body(get);
    });
    return;
  }
  const reason = whyNoTestbed();
  if (reason !== undefined) {
    unavailable(name, reason, () => {
      body(get);
    });
    return;
  }
  describe(name, () => {
    beforeAll(async () => {
      bed = await startTestbed(options);
    }, cold);
    afterAll(async () => {
      await bed?.stop();
      bed = undefined;
    }, 60_000);
    body(get);
  });
}
