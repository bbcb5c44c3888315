// npm run bench -- --streams [--size MIB] [--rounds N]
//
// A volume's bytes through libvirtd, down and up: ours and virsh, in turn, on the same volume and the same files. Ours has
// a process and a connection already; what virsh takes to start and to connect, as `virsh uri` does, is not counted.
// Ends with 1 when one of ours comes to less than 0.95 of virsh's speed, or when bytes are not those that were sent.
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
/** Of virsh's speed. */
const goal = 0.95;
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

/** What has to be done before a transfer so that one that does nothing is found out; the file is the same afterwards. */
const spoil: Record<Direction, string> = {
  down: `rm -f ${file}`,
  up: `for at in 0 $(($(stat -c %s ${volume}) / 1048576 - 1)); do
    dd if=/dev/urandom of=${volume} bs=1M count=1 seek=$at conv=notrunc status=none; done`,
};

class Comparison {
  readonly #bed: Testbed;
  readonly #client: Client;
  readonly #times = new Map<string, number[]>();
  readonly #starts: number[] = [];

  constructor(bed: Testbed, client: Client) {
    this.#bed = bed;
    this.#client = client;
  }

  async round(round: number): Promise<void> {
    this.#starts.push(await this.#virsh('uri'));
    for (const direction of ['down', 'up'] as const) {
      const ways: Way[] = ['virsh', 'ours', 'stream'];
      for (const way of [...ways.slice(round % 3), ...ways.slice(0, round % 3)]) {
        await this.#bed.run('bash', ['-c', spoil[direction]]);
        const key = `${way} ${direction}`;
        this.#times.set(key, [...(this.#times.get(key) ?? []), await this.#once(way, direction)]);
        await this.#bed.run('cmp', [volume, file], { timeout: 600_000 });
      }
    }
  }

  async #once(way: Way, direction: Direction): Promise<number> {
    if (way !== 'virsh') return (await this.#client.ask(`${way} ${direction}`))[0] ?? NaN;
    return this.#virsh(`${direction === 'down' ? 'vol-download' : 'vol-upload'} ${volume} ${file}`);
  }

  /** Milliseconds that the command takes, virsh's start and connection included. */
  async #virsh(command: string): Promise<number> {
    const timed = `s=$(date +%s%N); virsh -q -c qemu:///system ${command} >&2; echo $(($(date +%s%N) - s))`;
    return Number(await this.#bed.run('bash', ['-c', timed], { timeout: 600_000 })) / 1e6;
  }

  /** Prints it; false when a goal was missed. */
  report(size: number): boolean {
    const start = median(this.#starts) ?? 0;
    let reached = true;
    console.log(`virsh's start and connection, subtracted from its times: ${start.toFixed(0)} ms`);
    for (const [key, values] of this.#times) {
      const [way, direction = ''] = key.split(' ');
      const virsh = (this.#times.get(`virsh ${direction}`) ?? []).map((time) => time - start);
      const own = way === 'virsh' ? virsh : values;
      const speed = (size * 1000) / (median(own) ?? NaN);
      const ratios = own.map((value, i) => (virsh[i] ?? NaN) / value);
      const ratio = median(ratios) ?? NaN;
      const range = `× ${ratio.toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
      const good = ratio >= goal;
      reached &&= good;
      const verdict = way === 'virsh' ? '' : `  at least ${goal}: ${good ? 'reached' : 'NOT reached'}`;
      console.log(`${key.padEnd(12)} ${speed.toFixed(0).padStart(6)} MiB/s  ${range}${verdict}`);
    }
    return reached;
  }
}

async function compare(bed: Testbed, size: number, rounds: number): Promise<boolean> {
  await bed.run('mkdir', ['-p', `${directory}/pool`]);
  await bed.run('dd', ['if=/dev/urandom', `of=${volume}`, 'bs=1M', `count=${size}`, 'status=none']);
  await bed.virsh('pool-create-as', 'streams', 'dir', '--target', `${directory}/pool`);
  const client = await Client.start(bed.spawn(process.execPath, [__filename, 'serve']));
  const comparison = new Comparison(bed, client);
  for (let round = 0; round < rounds; round++) await comparison.round(round);
  await client.end();
  console.log(`load ${loadavg()[0]?.toFixed(1) ?? ''}, ${cpus().length} processors`);
  console.log(`${size} MiB, ${rounds} rounds; MiB/s by the median time, and virsh's time by ours in the same round\n`);
  return comparison.report(size);
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
    if (!(await compare(bed, Number(values.size), Number(values.rounds)))) process.exitCode = 1;
  } finally {
    await bed.stop();
  }
}

void main();
