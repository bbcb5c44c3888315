import { createHash } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type Connection, type StoragePool, StoragePoolCreateFlags, type StorageVol } from '../lib/index.js';
import type { Testbed } from './testbed/index.js';

export const MiB = 1024 * 1024;

export const openFiles = (): number => readdirSync('/proc/self/fd').length;
export const sum = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** All that a stream gives. */
export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Listens to a console, and waits for what it says. */
export class Listener {
  said = '';
  readonly #news = new EventEmitter();

  constructor(stream: Readable) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.#news.emit('news');
    });
  }

  async hears(wanted: RegExp): Promise<string> {
    for (;;) {
      const found = wanted.exec(this.said);
      if (found !== null) {
        this.said = this.said.slice(found.index + found[0].length);
        return found[0];
      }
      const limit = AbortSignal.timeout(60_000);
      await once(this.#news, 'news', { signal: limit }).catch(() => {
        throw new Error(`nothing like ${String(wanted)} in ${JSON.stringify(this.said.slice(-2000))}`);
      });
    }
  }
}

/** A pool of a test bed, and its volumes as files. */
export class Volumes {
  static readonly directory = '/var/lib/libvirt/bytes';
  readonly #bed: Testbed;
  readonly #pool: StoragePool;

  private constructor(bed: Testbed, pool: StoragePool) {
    this.#bed = bed;
    this.#pool = pool;
  }

  static async create(bed: Testbed, connection: Connection): Promise<Volumes> {
    const xml = `<pool type='dir'><name>bytes</name><target><path>${Volumes.directory}</path></target></pool>`;
    return new Volumes(bed, await connection.createStoragePoolXML(xml, StoragePoolCreateFlags.WITH_BUILD));
  }

  async remove(): Promise<void> {
    await this.#pool.destroy();
    await this.#bed.run('rm', ['-rf', Volumes.directory]);
  }

  /** One that takes no room yet. */
  make(name: string, bytes: number, where = this.#pool): Promise<StorageVol> {
    const xml = `<volume><name>${name}</name><capacity>${String(bytes)}</capacity><allocation>0</allocation></volume>`;
    return where.createVolXML(xml);
  }

  /** One with these bytes. */
  async filled(name: string, data: Buffer): Promise<StorageVol> {
    const vol = await this.make(name, data.length);
    writeFileSync(this.pathOf(name), data);
    return vol;
  }

  pathOf(name: string): string {
    return this.#bed.pathOf(`${Volumes.directory}/${name}`);
  }

  bytesOf(name: string): Buffer {
    return readFileSync(this.pathOf(name));
  }
}
