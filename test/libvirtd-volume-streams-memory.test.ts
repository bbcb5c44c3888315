import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { expect, it, jest } from '@jest/globals';
import { Connection } from '../lib/index.js';
import { MiB, Volumes } from './libvirtd-streams-helpers.js';
import { describeWithTestbed } from './testbed/index.js';
import { collect } from './testbed/process.js';

jest.setTimeout(180_000);

const root = path.join(__dirname, '..');

/**
 * A process that reads a volume, pauses in the midst of it, and then reads on: what is in it, and by how much its
 * memory grew in the pause and at most.
 */
const reader = (uri: string) => `
  const { createHash } = require('node:crypto');
  const { readFileSync } = require('node:fs');
  const { setTimeout: pause } = require('node:timers/promises');
  const { Connection } = require('./dist/index.js');
  const peak = () => Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  (async () => {
    const c = await Connection.open(${JSON.stringify(uri)});
    const vol = await c.lookupStorageVolByPath('${Volumes.directory}/v');
    // A small part first: all that the process loads and keeps is there by then.
    for await (const chunk of vol.createReadStream({ length: ${16 * MiB} }));
    const before = peak();
    const hash = createHash('sha256');
    let bytes = 0, paused = 0;
    for await (const chunk of vol.createReadStream()) {
      hash.update(chunk);
      bytes += chunk.length;
      if (paused === 0) {
        await pause(10_000);
        paused = peak() - before;
      }
    }
    console.log(JSON.stringify({ bytes, digest: hash.digest('hex'), paused, whole: peak() - before }));
    await c.close();
  })();`;

describeWithTestbed('1 GiB before a reader who pauses for 10 s', (bed) => {
  it('neither piles up nor loses anything', async () => {
    const size = 1024 * MiB;
    await using connection = await Connection.open(bed().uri);
    const volumes = await Volumes.create(bed(), connection);
    await volumes.make('v', size);
    // Something else in each MiB, and zeros between.
    const expected = createHash('sha256');
    const file = openSync(volumes.pathOf('v'), 'r+');
    const block = Buffer.alloc(MiB);
    for (let at = 0; at < size; at += MiB) {
      const marker = randomBytes(16);
      block.set(marker, 0);
      writeSync(file, marker, 0, marker.length, at);
      expected.update(block);
    }
    closeSync(file);
    const child = spawn(process.execPath, ['-e', reader(bed().uri)], { cwd: root });
    const { stdout, stderr } = await collect(child, 'the reader', 170_000);
    expect(stderr).toBe('');
    const seen = JSON.parse(stdout) as { bytes: number; digest: string; paused: number; whole: number };
    expect(seen).toMatchObject({ bytes: size, digest: expected.digest('hex') });
    expect(seen.paused).toBeLessThan(48 * MiB);
    expect(seen.whole).toBeLessThan(128 * MiB);
    await volumes.remove();
  });
});
