import { setImmediate } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { ownError } from '../lib/errors.js';
import { limitsOf, unlimited } from '../lib/limits.js';
import { openInPlace } from '../lib/open-places.js';
import { failure } from './helpers.js';

/** An open of libvirt's: when it is begun, and how it ends for its caller and for the thread that it is on. */
class Open {
  begun = false;
  readonly result: Promise<string>;
  opened!: () => void;
  abandoned!: () => void;
  returned!: () => void;

  constructor(key: string, limits = unlimited) {
    const opened = new Promise<string>((resolve, reject) => {
      this.opened = () => {
        resolve('opened');
      };
      this.abandoned = () => {
        reject(ownError('ERR_LIBVIRT_ABANDONED', 'open', 'nobody waits'));
      };
    });
    const returned = new Promise<void>((resolve) => (this.returned = resolve));
    this.result = openInPlace(
      key,
      'open',
      () => {
        this.begun = true;
        return { opened, returned };
      },
      limits,
    );
    this.result.catch(() => undefined);
  }
}

it('what is given up counts for those that come later, whatever else was opened meanwhile', async () => {
  const [first, second, third] = [new Open('a'), new Open('a'), new Open('a')];
  first.opened();
  expect(await first.result).toBe('opened');
  for (const open of [second, third]) {
    open.abandoned();
    await failure(open.result);
  }
  const fourth = new Open('a');
  await setImmediate();
  expect(fourth.begun).toBe(false);
  expect(new Open('b').begun).toBe(true);

  second.returned();
  await setImmediate();
  expect(fourth.begun).toBe(true);
  // A thread that comes back late takes away nothing that others still count on.
  third.returned();
  const fifth = new Open('a');
  for (const open of [fourth, fifth]) {
    open.abandoned();
    await failure(open.result);
  }
  const sixth = new Open('a');
  await setImmediate();
  expect(sixth.begun).toBe(false);
  fourth.returned();
  await setImmediate();
  sixth.opened();
  expect(await sixth.result).toBe('opened');
});

it('the wait for a place ends as the limits say', async () => {
  const hanging = [new Open('c'), new Open('c')];
  for (const open of hanging) {
    open.abandoned();
    await failure(open.result);
  }
  const reason = new Error('enough');
  const aborter = new AbortController();
  const aborted = new Open('c', limitsOf({ signal: aborter.signal }));
  const late = new Open('c', limitsOf({ timeout: 20 }));
  aborter.abort(reason);
  expect(await failure(aborted.result)).toBe(reason);
  expect(await failure(late.result)).toMatchObject({
    code: 'ERR_LIBVIRT_TIMEOUT',
    message: 'open took longer than 20 ms and did not start: two earlier tries still hang',
  });
  for (const open of hanging) open.returned();
  await setImmediate();
  expect([aborted.begun, late.begun, new Open('c').begun]).toEqual([false, false, true]);
});
