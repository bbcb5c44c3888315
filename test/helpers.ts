import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a promise rejects with; it must. */
export async function failure(pending: Promise<unknown>): Promise<unknown> {
  let result: unknown;
  try {
    result = await pending;
  } catch (error) {
    return error;
  }
  throw new Error(`it did not fail but gave ${String(result)}`);
}

/** What each of several promises rejects with. All are heard at once, since none waits for its turn to fail. */
export function failures(pending: Iterable<Promise<unknown>>): Promise<unknown[]> {
  return Promise.all([...pending].map(failure));
}

/** What a function throws; it must. */
export function thrown(run: () => unknown): unknown {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    return error;
  }
  throw new Error(`it did not throw but gave ${String(result)}`);
}

/** What nobody holds any more goes now, with its finalizers in the turns that follow. */
export function collectGarbage(): void {
  // Bun has no V8, and a function of its own.
  const { Bun } = globalThis as { Bun?: { gc(wait: boolean): void } };
  if (Bun !== undefined) {
    Bun.gc(true);
    return;
  }
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** A directory of its own for a test file's temporary files. */
export class Scratch {
  readonly path = mkdtempSync(path.join(tmpdir(), 'libvirt-napi-'));
  #hosts = 0;

  file(name: string): string {
    return path.join(this.path, name);
  }

  /** The URI of a host of the test driver, described by XML. Every connection to it has a copy of its own. */
  host(xml: string): string {
    const file = this.file(`host-${this.#hosts++}.xml`);
    writeFileSync(file, `<node>${xml}</node>`);
    return `test://${file}`;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export interface MachineXML {
  name: string;
  uuid?: string;
  memory?: number;
  /** 1 running … 5 off, for a machine that a host has from the start. */
  state?: number;
  transient?: boolean;
  mac?: string;
  more?: string;
}

export function machineXML({ name, uuid, memory = 65536, state, transient, mac, more = '' }: MachineXML): string {
  const runs =
    state === undefined
      ? ''
      : `<test:runstate>${state}</test:runstate>${transient === true ? '<test:transient/>' : ''}`;
  return `<domain type="test" xmlns:test="http://libvirt.org/schemas/domain/test/1.0">
    <name>${name}</name>${uuid === undefined ? '' : `<uuid>${uuid}</uuid>`}
    <memory>${memory}</memory><vcpu>2</vcpu><os><type>hvm</type></os>
    <devices>
      <disk type="file" device="disk"><source file="/guest/${name}.img"/><target dev="vda" bus="virtio"/></disk>
      <memballoon model="virtio"/>
      ${mac === undefined ? '' : `<interface type="network"><mac address="${mac}"/><source network="default"/></interface>`}
    </devices>${runs}${more}
  </domain>`;
}

export function networkXML(name: string, bridge: string, more = ''): string {
  return `<network><name>${name}</name><bridge name="${bridge}"/>${more}</network>`;
}
