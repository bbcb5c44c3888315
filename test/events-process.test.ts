import path from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { Program, runProgram } from './fixtures/faults/run.js';

jest.setTimeout(60_000);

const program = (name: string) => path.join('..', 'events', name);

describe('a process', () => {
  it.each(['listener', 'subscription', 'iterator', 'object', 'late ref', 'ref of a subscription'])(
    'waits for: %s',
    async (how) => {
      const running = new Program(program('listening'), [how]);
      await running.said('listening');
      // Nothing can be awaited for what must not happen: another process has begun and ended meanwhile.
      await runProgram(program('listening'), ['health']);
      expect(running.child.exitCode).toBeNull();
      running.child.kill('SIGKILL');
      expect((await running.ending).signal).toBe('SIGKILL');
    },
  );

  it.each(['health', 'off', 'once', 'unref', 'late unref', 'unref of a subscription', 'refused', 'closed'])(
    'does not wait after: %s',
    async (how) => {
      const { code, stdout, stderr } = await runProgram(program('listening'), [how]);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'listening\n', stderr: '' });
    },
  );

  it('hears on when connection and object are collected, and keeps nothing of what ended', async () => {
    const { code, stdout, stderr } = await runProgram(program('collected'), [], ['--expose-gc']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      heard: ['connection 3', 'connection 4', 'object 3', 'object 4'],
      left: expect.any(Number),
    });
    expect((JSON.parse(stdout) as { left: number }).left).toBeLessThanOrEqual(1);
  });

  it('gets what listeners throw as uncaught exceptions, and every listener is called', async () => {
    const { code, stdout, stderr } = await runProgram(program('throwing'));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      heard: [3, 4, 3, 3, 3],
      caught: ['first', 'first', 'first', 'second', 'second', 'second', 'third', 'refused'],
    });
  });
});

describe('10,000 events', () => {
  it('reach each of several workers, none lost and in order, also while others end', async () => {
    const { code, stdout, stderr } = await runProgram(program('flood'), [3, 10_000, 3]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual(Array(3).fill({ count: 10_000, wrong: 0, lost: 0 }));
  });
});
