// npm run bench [-- --quick] [--json FILE] [--only TEXT] [--page]
//   --page   writes the table into docs/guide/performance.md
//
// Side by side in one run: C, libvirt-python, @unraid/libvirt and both layers of libvirt-napi. Times depend on the
// machine and on what else it does, so nothing here passes or fails; ratios within one run are what to look at.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { native } from 'libvirt-napi/native';
import { startTestbed } from '../test/testbed/bed.js';
import { measureAll } from './measure.js';
import { measurements } from './measurements.js';
import { section, writePage } from './page.js';
import { peersIn, prepare } from './peers.js';
import { inTestbed, onThisMachine, type Place } from './place.js';
import { aimLines, aims, table } from './report.js';

const root = resolve(__dirname, '../../..');

/** A test bed that was asked for and does not start is an error; a machine that can have none is not. */
async function findPlace(): Promise<Place> {
  const check = spawnSync('bash', [resolve(root, 'test/testbed/sandbox.sh'), 'check'], { encoding: 'utf8' });
  if (check.status === 0) return inTestbed(await startTestbed({ binds: [root] }));
  return onThisMachine(`no libvirtd: ${check.error?.message ?? check.stdout.trim()}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean' },
      json: { type: 'string' },
      only: { type: 'string' },
      page: { type: 'boolean' },
    },
  });
  const prepared = prepare();
  const place = await findPlace();
  try {
    const peers = await peersIn(place, prepared);
    const all = measurements(place, values.quick ?? false).filter(({ id }) => id.includes(values.only ?? ''));
    const machine = {
      cpu: cpus()[0]?.model ?? '',
      cpus: cpus().length,
      node: process.version,
      libvirt: native.virGetVersion(null).libVer,
      loadBefore: loadavg()[0] ?? 0,
      loadAfter: 0,
    };
    const results = await measureAll(place, peers, all, console.error);
    machine.loadAfter = loadavg()[0] ?? 0;
    const reached = aims(all, results);

    console.log(
      `${machine.cpus} × ${machine.cpu}, Node ${machine.node}, libvirt ${machine.libvirt}, load ${machine.loadBefore.toFixed(1)} to ${machine.loadAfter.toFixed(1)}`,
    );
    console.log('Median of the rounds, and the median of the ratios to C in the same round.\n');
    console.log(`${table(peers, all, results)}\n\nAims\n${aimLines(reached)}`);
    if (values.page === true) {
      writePage(resolve(root, 'docs/guide/performance.md'), section(machine, peers, all, results));
    }
    if (values.json !== undefined) {
      const measured = Object.fromEntries(all.map(({ id }) => [id, Object.fromEntries(results.get(id) ?? [])]));
      writeFileSync(
        values.json,
        JSON.stringify({ machine, peers, measurements: all, measured, aims: reached }, null, 2),
      );
    }
  } finally {
    await place.leave();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
