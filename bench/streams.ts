// npm run bench -- --streams [--size MIB] [--rounds N]
//
// A volume's bytes through libvirtd, down and up: ours and virsh, in turn, on the same volume and the same files.
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { Connection } from 'libvirt-napi';
import { startTestbed, type Testbed } from '../test/testbed/bed.js';
import { Client } from './client.js';
import { median } from './report.js';

const MiB = 1024 * 1024;
const directory = '/dev/shm/streams';
const volume = `${directory}/pool/volume`;
const file = `${directory}/file`;

type Way = 'virsh' | 'ours' | 'stream';
type Direction = 'down' | 'up';

/** In the test bed: does what it is told, a line each, and answers how many milliseconds that took. */
async function serve(): Promise<void> {
  const connection = await Connection.open('qemu:///system');
  const found = await connection.lookupStorageVolByPath(volume);
  const work: Record<string, () => Promise<unknown>> = {
    'ours down': () => found.downloadTo(file),
    'ours up': () => found.uploadFrom(file),
    'stream down': () => pipeline(found.createReadStream(), createWriteStream(file)),
    'stream up': () => pipeline(createReadStream(file, { highWaterMark: MiB }), found.createWriteStream()),
  };
  process.stdout.write('ready\n');
  process.stdin.setEncoding('utf8').on('data', (line: string) => {
    const begun = performance.now();
    void work[line.trim()]?.().then(() => {
      process.stdout.write(`${performance.now() - begun}\n`);
    });
  });
  process.stdin.on('end', () => void connection.close());
}

async function compare(bed: Testbed, size: number, rounds: number): Promise<void> {
  await bed.run('mkdir', ['-p', `${directory}/pool`]);
  await bed.run('dd', ['if=/dev/urandom', `of=${volume}`, 'bs=1M', `count=${size}`, 'status=none']);
  await bed.virsh('pool-create-as', 'streams', 'dir', '--target', `${directory}/pool`);
  const client = await Client.start(bed.spawn(process.execPath, [__filename, 'serve']));
  const times = new Map<string, number[]>();
  const once = async (way: Way, direction: Direction): Promise<number> => {
    if (way !== 'virsh') return (await client.ask(`${way} ${direction}`))[0] ?? NaN;
    const command = direction === 'down' ? 'vol-download' : 'vol-upload';
    const timed = `s=$(date +%s%N); virsh -q -c qemu:///system ${command} ${volume} ${file} >&2; echo $(($(date +%s%N) - s))`;
    return Number(await bed.run('bash', ['-c', timed], { timeout: 600_000 })) / 1e6;
  };
  for (let round = 0; round < rounds; round++) {
    for (const direction of ['down', 'up'] as const) {
      const ways: Way[] = ['virsh', 'ours', 'stream'];
      for (const way of [...ways.slice(round % 3), ...ways.slice(0, round % 3)]) {
        const key = `${way} ${direction}`;
        times.set(key, [...(times.get(key) ?? []), await once(way, direction)]);
      }
    }
  }
  await client.end();
  console.log(`load ${loadavg()[0]?.toFixed(1) ?? ''}, ${cpus().length} processors`);
  console.log(`${size} MiB, ${rounds} rounds; MiB/s by the median time, and virsh's time by ours in the same round\n`);
  for (const [key, values] of times) {
    const [, direction = ''] = key.split(' ');
    const virsh = times.get(`virsh ${direction}`) ?? [];
    const speed = (size * 1000) / (median(values) ?? NaN);
    const ratios = values.map((value, i) => (virsh[i] ?? NaN) / value);
    const ratio = median(ratios) ?? NaN;
    const range = `× ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
    const verdict = !key.startsWith('virsh')
      ? ratio >= 0.95
        ? '  at least 0.95: reached'
        : '  at least 0.95: NOT reached'
      : '';
    console.log(`${key.padEnd(12)} ${speed.toFixed(0).padStart(6)} MiB/s  ${range}${verdict}`);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { size: { type: 'string', default: '1024' }, rounds: { type: 'string', default: '7' } },
  });
  if (positionals[0] === 'serve') {
    await serve();
    return;
  }
  const bed = await startTestbed({ binds: [resolve(__dirname, '../../..')] });
  try {
    await compare(bed, Number(values.size), Number(values.rounds));
  } finally {
    await bed.stop();
  }
}

void main();
