import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Scratch } from './helpers.js';
import { describeWithTestbed } from './testbed/index.js';

const tools = pathToFileURL(path.join(__dirname, '../tools/alone.mjs')).href;
const scratch = new Scratch();
afterAll(() => {
  scratch.remove();
});

/** Takes a lock, says so, and keeps it until its input ends; as a build it does nothing else meanwhile. */
const program = (lock: string): string[] => [
  '--input-type=module',
  '-e',
  `import { spawnSync } from 'node:child_process';
  import { writeSync } from 'node:fs';
  import { alone } from ${JSON.stringify(tools)};
  await alone(() => {
    writeSync(1, 'in\\n');
    spawnSync('cat', { stdio: ['inherit', 'ignore', 'inherit'] });
  }, ${JSON.stringify(lock)});`,
];

class Builder {
  said = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #end: Promise<unknown>;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#end = once(child, 'close');
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.said += text;
        child.emit('said');
      });
    }
    child.on('close', () => child.emit('said'));
  }

  /** Waits until it has said all of this; it has said no more then. */
  async says(text: string): Promise<void> {
    while (this.said.length < text.length && this.#child.exitCode === null) await once(this.#child, 'said');
    expect(this.said).toBe(text);
  }

  async ends(): Promise<void> {
    this.#child.stdin.end();
    await this.#end;
    expect(this.#child.exitCode).toBe(0);
  }

  async killed(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#end;
  }
}

const waiting = 'waiting for another build to end\n';

describe('one build at a time', () => {
  const builders: Builder[] = [];
  const build = (lock: string): Builder => {
    const builder = new Builder(spawn(process.execPath, program(lock)));
    builders.push(builder);
    return builder;
  };
  afterEach(() => Promise.all(builders.splice(0).map((builder) => builder.killed())));

  it('the others wait, and each has its turn', async () => {
    const lock = scratch.file('turns');
    const first = build(lock);
    await first.says('in\n');
    const others = [build(lock), build(lock)];
    await Promise.all(others.map((other) => other.says(waiting)));
    await first.ends();
    const next = await Promise.race(others.map((other) => other.says(`${waiting}in\n`).then(() => other)));
    const last = others.find((other) => other !== next);
    expect(last?.said).toBe(waiting);
    await next.ends();
    await last?.says(`${waiting}in\n`);
    await last?.ends();
    expect(existsSync(lock)).toBe(false);
  });

  it('one that is killed is not waited for, before or after it was', async () => {
    const lock = scratch.file('killed');
    const first = build(lock);
    await first.says('in\n');
    const others = [build(lock), build(lock)];
    await Promise.all(others.map((other) => other.says(waiting)));
    await first.killed();
    const next = await Promise.race(others.map((other) => other.says(`${waiting}in\n`).then(() => other)));
    expect(others.filter(({ said }) => said.endsWith('in\n'))).toEqual([next]);
    // The one that waits first: it would take away the lock of the other.
    await others.find((other) => other !== next)?.killed();
    await next.killed();
    expect(existsSync(lock)).toBe(true);
    const third = build(lock);
    await third.says(`${waiting}in\n`);
    await third.ends();
  });

  it('a file that an older version left is no lock', async () => {
    const lock = scratch.file('file');
    writeFileSync(lock, '1');
    const builder = build(lock);
    await builder.says(`${waiting}in\n`);
    await builder.ends();
  });
});

describeWithTestbed(
  'one build at a time, in a test bed and outside',
  (bed) => {
    it('where the numbers of processes are others', async () => {
      const lock = path.join(bed().dir, 'lock');
      const outside = new Builder(spawn(process.execPath, program(lock)));
      await outside.says('in\n');
      const inside = new Builder(bed().spawn(process.execPath, program(lock)) as ChildProcessWithoutNullStreams);
      await inside.says(waiting);
      await outside.ends();
      await inside.says(`${waiting}in\n`);
      await inside.ends();
    });
  },
  { libvirtd: false },
);
