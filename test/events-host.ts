import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { Connection, type Domain, type DomainLifecycleEvent } from '../lib/index.js';
import { native, type virDomain } from '../lib/native.js';
import { machineXML, networkXML, Scratch } from './helpers.js';

const off = 5;
const pool = '<pool type="dir"><name>pool</name><target><path>/pool</path></target></pool>';

/** A host of the test driver with two machines that are off, for each test anew. */
export class EventHost {
  connection!: Connection;
  /** Its name is `one`; the other is `two`. */
  domain!: Domain;
  readonly #scratch = new Scratch();

  async start(): Promise<void> {
    const machines = ['one', 'two'].map((name) => machineXML({ name, state: off }));
    this.connection = await Connection.open(this.#scratch.host(machines.join('') + networkXML('net', 'virbr7') + pool));
    this.domain = await this.connection.lookupDomainByName('one');
  }

  remove(): void {
    this.#scratch.remove();
  }

  /** What a listener of machines' lives hears. */
  heard(on: Connection | Domain = this.connection): [string, number][] {
    const list: [string, number][] = [];
    const listener = ({ domain, event }: DomainLifecycleEvent) => void list.push([domain.name, event]);
    if (on instanceof Connection) on.on('domain:lifecycle', listener);
    else on.on('lifecycle', listener);
    return list;
  }

  /** Resolves when what was caused before is delivered: a machine's change is told after all that was told before. */
  async settled(): Promise<void> {
    const { connection } = this;
    const two = await connection.lookupDomainByName('two');
    const events = connection.events('domain:lifecycle', { object: two });
    await two.create();
    await events.next();
    await two.destroy();
    await events.next();
    await events.return();
  }

  /**
   * Starts and ends a machine so often, and keeps the JavaScript thread until libvirt has told all of it to the one queue
   * that listens.
   */
  async whileBusy(times: number): Promise<void> {
    const { handle } = this.connection.link;
    const one: virDomain = await native.virDomainLookupByName(handle, 'one');
    const expected = native.runtime.stats().events + 2 * times;
    const calls: Promise<unknown>[] = [];
    native.runtime.setMaxCalls(handle, 1);
    for (let i = 0; i < times; i += 1) calls.push(native.virDomainCreate(one), native.virDomainDestroy(one));
    while (native.runtime.stats().events < expected);
    await Promise.all(calls);
  }
}

export function eventHost(): EventHost {
  const host = new EventHost();
  beforeEach(() => host.start());
  afterEach(() => host.connection.close());
  afterAll(() => {
    host.remove();
  });
  return host;
}

/** Waits for as many, without knowing what they are. */
export async function until(list: readonly unknown[], count: number): Promise<void> {
  while (list.length < count) await new Promise((resolve) => setImmediate(resolve));
}
