import { type Domain, DomainMemoryFlags, type Job, type JobProgress } from '../lib/index.js';
import { eventually } from './libvirtd-helpers.js';
import type { Testbed } from './testbed/index.js';

/** All progress of a job, until it is over. */
export async function progressOf(job: Job<unknown>): Promise<JobProgress[]> {
  const seen: JobProgress[] = [];
  for await (const progress of job) seen.push(progress);
  return seen;
}

/** Waits until a guest's kernel is in its memory. Before that there is next to nothing to write of it. */
export async function loaded(domain: Domain): Promise<void> {
  await eventually(`the kernel of ${domain.name}`, async () => {
    const bytes = await domain.memoryPeek(4 * 1024 * 1024, 4096, DomainMemoryFlags.PHYSICAL);
    return bytes.some((byte) => byte !== 0);
  });
}

/** The first progress of a job that lies in its middle. */
export async function middleOf(job: Job<unknown>): Promise<JobProgress> {
  for await (const progress of job) {
    const { percentage } = progress;
    if (percentage !== null && percentage > 0 && percentage < 100) return progress;
  }
  throw new Error('the job was over before anybody saw its middle');
}

const helper = '/usr/lib/libvirt/libvirt_iohelper';
const fifo = '/tmp/gate';

/**
 * Holds what libvirt writes of a machine's memory in the middle, so that a quick disk does not end a save before it is
 * looked at. libvirt has it written by a program of its own; in its place stands one that waits when 4 MiB have passed, so
 * that the middle can be seen, however much a pipe takes: with libvirt 7.0 it is 64 KiB.
 */
export class Gate {
  readonly #bed: Testbed;

  private constructor(bed: Testbed) {
    this.#bed = bed;
  }

  static async build(bed: Testbed): Promise<Gate> {
    const script = `#!/bin/sh
[ -p ${fifo} ] || exec ${helper}.real "$@"
{ head -c 4M; read -r _ < ${fifo}; cat; } | ${helper}.real "$@"
`;
    await bed.run('sh', ['-ec', `mv ${helper} ${helper}.real; cat > ${helper}; chmod 755 ${helper}`], {
      input: script,
    });
    return new Gate(bed);
  }

  /** What is written from now on waits. */
  async shut(): Promise<void> {
    await this.#bed.run('mkfifo', [fifo]);
  }

  /** Lets go on what waits, and what comes. Who comes to the gate meanwhile finds it open, or gone. */
  async open(): Promise<void> {
    await this.#bed.run('sh', ['-ec', `[ -p ${fifo} ] || exit 0; exec 3<>${fifo}; rm ${fifo}; echo >&3`]);
  }
}

/** A file system that is soon full. */
export const small = '/var/lib/libvirt/small';

export async function mountSmall(bed: Testbed): Promise<void> {
  await bed.run('sh', ['-ec', `mkdir -p ${small}; mount -t tmpfs -o size=8M,mode=777 tmpfs ${small}`]);
}
