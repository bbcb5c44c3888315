import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { allUndone, asBefore, runDemo, undone, walkAnd, Walker, walkthrough } from './demo-helpers.js';
import { Scratch } from './helpers.js';

const scratch = new Scratch();

beforeAll(runDemo, 600_000);
afterAll(() => {
  scratch.remove();
});

describe('when something goes wrong', () => {
  it('a chapter that fails: everything is put back, exit code 1', async () => {
    const { stdout, stderr, code } = await walkAnd("await walk.connection.lookupDomainByName('nobody');").result;
    expect(stderr).toContain('VIR_ERR_NO_DOMAIN: ');
    expect(stderr).not.toMatch(/^ +at /m);
    expect(undone(stdout)).toEqual(allUndone);
    expect(stdout).toContain(asBefore);
    expect(code).toBe(1);
  });

  it('a change that cannot be undone is reported, the rest is undone, exit code 1', async () => {
    const { stdout, code } = await walkAnd(
      `const domain = await walk.connection.lookupDomainByName('lab-srv2');
       await domain.destroy();
       await domain.undefine();`,
    ).result;
    expect(stdout).toMatch(/^ {2}! could not undefine machine lab-srv2: VIR_ERR_NO_DOMAIN: /m);
    // What is gone is off.
    expect(undone(stdout)).toEqual(allUndone.filter((what) => what !== 'undefine machine lab-srv2'));
    expect(stdout).not.toContain(asBefore);
    expect(code).toBe(1);
  });

  it('what this walk has touched and is not as before is reported, exit code 1', async () => {
    const { stdout, code } = await walkAnd("walk.undo.add('reset', 'network default', async () => { await (await walk.connection.lookupNetworkByName('default')).destroy(); });").result; // prettier-ignore
    expect(stdout.replace(/\s+/g, ' ')).toContain(
      'Not as before: network default: was active, autostart off, persistent, is inactive',
    );
    expect(code).toBe(1);
  });

  it('what others change is told but is no failure', async () => {
    const { stdout, code } = await walkAnd("await (await walk.connection.lookupDomainByName('test')).suspend();")
      .result;
    expect(stdout).toContain('Changed by somebody else: machine test: was running, is paused.');
    expect(stdout).toContain(asBefore);
    expect(code).toBe(0);
  });
});

describe('when it is interrupted', () => {
  const wait = "console.log('HERE'); await delay(1e8, undefined, { signal: walk.signal });";

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s: everything is put back, exit code %d', async (signal, exitCode) => {
    const walker = walkAnd(wait);
    await walker.printed('HERE');
    walker.child.kill(signal);
    const { stdout, stderr, code } = await walker.result;
    expect(stderr).toContain(`${signal}: everything is put back.`);
    expect(undone(stdout)).toEqual(allUndone);
    expect(stdout).toContain(asBefore);
    expect(code).toBe(exitCode);
  });

  it('a second SIGINT leaves at once and says what is not put back', async () => {
    const walker = walkAnd(
      `walk.undo.add('free', 'the hung daemon', () => { console.log('STUCK'); return delay(1e8); }); ${wait}`,
    );
    await walker.printed('HERE');
    walker.child.kill('SIGINT');
    await walker.printed('STUCK');
    walker.child.kill('SIGINT');
    const { stderr, code } = await walker.result;
    expect(stderr).toContain(`Not put back: free the hung daemon, ${allUndone.join(', ')}.`);
    expect(code).toBe(130);
  });

  it('SIGINT while a daemon does not answer ends the opening', async () => {
    const socket = scratch.file('hung');
    const server = createServer();
    server.listen(socket);
    await once(server, 'listening');
    const walker = new Walker(walkthrough, `qemu+unix:///system?socket=${socket}`);
    const [connection] = (await once(server, 'connection')) as [{ destroy: () => void }];
    walker.child.kill('SIGINT');
    const { code } = await walker.result;
    expect(code).toBe(130);
    connection.destroy();
    server.close();
  });

  it('everything is put back when nobody reads the output any more', async () => {
    const walker = walkAnd(
      `walk.undo.add('say', 'it', async () => { console.error('UNDONE ' + walk.undo.pending.length); });
       for (;;) { console.log('HERE'); await delay(1, undefined, { signal: walk.signal }); }`,
    );
    await walker.printed('HERE');
    walker.child.stdout?.destroy();
    const { stderr, code } = await walker.result;
    expect(stderr).toContain(`UNDONE ${allUndone.length + 1}`);
    expect(code).toBe(1);
  });
});
