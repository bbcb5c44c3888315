import { ChildObject } from './child.js';
import {
  type StorageVolDeleteFlags,
  StorageVolDownloadFlags,
  StorageVolInfoFlags,
  type StorageVolResizeFlags,
  type StorageVolType,
  StorageVolUploadFlags,
  type StorageVolWipeAlgorithm,
} from './constants.js';
import type { Connection } from './connection.js';
import type { Job } from './job.js';
import { type CallOptions } from './limits.js';
import { native } from './native.js';
import type { virConnect, virStorageVol, virStorageVolInfo } from './native-types.js';
import { StoragePool } from './storage-pool.js';
import { checkVolumeStreamOptions, type TransferOptions, type VolumeStreamOptions } from './stream-options.js';
import type { StreamSession } from './stream-session.js';
import { transfer } from './transfer.js';
import { VolumeReadStream, VolumeWriteStream } from './volume-streams.js';

/** What a volume is, and its sizes in bytes. */
export interface StorageVolInfo {
  type: StorageVolType;
  /** What a machine sees. */
  capacity: bigint;
  /** What is really stored; with `StorageVolInfoFlags.GET_PHYSICAL` the size of the file or device. */
  allocation: bigint;
}

/**
 * A storage volume: a file, block device or the like in a {@link StoragePool}, which a machine may have as a disk.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-storage.html}
 */
export class StorageVol extends ChildObject<virStorageVol> {
  /**
   * Its name in the pool.
   *
   * @see virStorageVolGetName
   * @since libvirt 0.4.1
   */
  readonly name: string;
  /**
   * What tells it from all other volumes of the host: for files their path.
   *
   * @see virStorageVolGetKey
   * @since libvirt 0.4.1
   */
  readonly key: string;

  private constructor(connection: Connection, handle: virStorageVol) {
    super(connection, handle);
    this.name = native.virStorageVolGetName(handle);
    this.key = native.virStorageVolGetKey(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virStorageVol): StorageVol {
    return new StorageVol(connection, handle);
  }

  /** @internal The key needs no pool, and is the same in whatever way the volume was found. */
  protected override find(conn: virConnect): Promise<virStorageVol> {
    return native.virStorageVolLookupByKey(conn, this.key);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { name: this.name, key: this.key };
  }

  /**
   * The pool that the volume is in.
   *
   * @throws LibvirtError `VIR_ERR_NO_STORAGE_POOL` when the pool is gone
   * @see virStoragePoolLookupByVolume
   * @since libvirt 0.4.1
   */
  lookupPool(): Promise<StoragePool> {
    return this.call(async (vol) => StoragePool.of(this.connection, await native.virStoragePoolLookupByVolume(vol)));
  }

  /**
   * The path by which a machine's XML names the volume.
   *
   * @see virStorageVolGetPath
   * @since libvirt 0.4.1
   */
  getPath(): Promise<string> {
    return this.call((vol) => native.virStorageVolGetPath(vol));
  }

  /**
   * The volume's kind and sizes. It is looked at for that: no refresh of the pool is needed.
   *
   * @param flags - `StorageVolInfoFlags.GET_PHYSICAL` for the size of the file or device as `allocation`
   * @see virStorageVolGetInfo, virStorageVolGetInfoFlags
   * @since libvirt 0.4.1; with flags 3.0.0
   */
  getInfo(flags: StorageVolInfoFlags = 0): Promise<StorageVolInfo> {
    return this.call(async (vol) =>
      toInfo(await (flags === 0 ? native.virStorageVolGetInfo(vol) : native.virStorageVolGetInfoFlags(vol, flags))),
    );
  }

  /**
   * The volume's XML description: its sizes, format, owner, and what it is based on.
   *
   * @param flags - none are defined; 0
   * @see virStorageVolGetXMLDesc
   * @since libvirt 0.4.1
   */
  getXMLDesc(flags = 0): Promise<string> {
    return this.call((vol) => native.virStorageVolGetXMLDesc(vol, flags));
  }

  /**
   * Makes the volume larger or smaller. A machine that runs with it does not learn of that.
   *
   * @param capacity - the new size in bytes, or with `StorageVolResizeFlags.DELTA` the difference
   * @param flags - `StorageVolResizeFlags`; `SHRINK` must be among them where it is to become smaller
   * @throws LibvirtError `VIR_ERR_INVALID_ARG` when it would become smaller and the flags do not say so
   * @see virStorageVolResize
   * @since libvirt 0.9.10
   */
  resize(capacity: bigint | number, flags: StorageVolResizeFlags = 0): Promise<void> {
    return this.call((vol) => native.virStorageVolResize(vol, capacity, flags));
  }

  /**
   * Overwrites the volume, so that what was in it cannot be read any more. The volume itself stays.
   *
   * @param algorithm - how: with zeros, or with what the `scrub` program of the host knows
   * @param flags - none are defined; 0
   * @see virStorageVolWipe, virStorageVolWipePattern
   * @since libvirt 0.8.0; with an algorithm 0.9.10
   */
  wipe(algorithm: StorageVolWipeAlgorithm = 0, flags = 0): Promise<void> {
    return this.call((vol) =>
      algorithm === 0 ? native.virStorageVolWipe(vol, flags) : native.virStorageVolWipePattern(vol, algorithm, flags),
    );
  }

  /**
   * Deletes the volume and what is in it.
   *
   * @param flags - `StorageVolDeleteFlags`
   * @see virStorageVolDelete
   * @since libvirt 0.4.1
   */
  delete(flags: StorageVolDeleteFlags = 0): Promise<void> {
    return this.call((vol) => native.virStorageVolDelete(vol, flags));
  }

  /**
   * What is in the volume, as a stream: the file's or device's own bytes, whatever its format. It has a connection of
   * its own; who stops reading stops the daemon's reading, and nothing piles up. `destroy()` aborts it.
   *
   * @throws LibvirtError as the stream's `error`; `VIR_ERR_NO_STORAGE_VOL` when the volume is gone
   * @example
   * ```ts
   * await pipeline(volume.createReadStream(), createGzip(), createWriteStream('disk.raw.gz'));
   * ```
   * @see virStorageVolDownload
   * @since libvirt 0.9.0
   */
  createReadStream(options: VolumeStreamOptions = {}): VolumeReadStream {
    const open = (signal: AbortSignal) => this.download('createReadStream', options, { ...this.options, signal });
    return new VolumeReadStream(open, options.sparse ?? false, options.signal ?? this.options.signal);
  }

  /**
   * Writes into the volume: over what is there, from `offset` on. A volume that is a file gets longer where more comes,
   * unless `length` says how much may come. It has a connection of its own. `finish` comes when the daemon has confirmed
   * that everything is there; `destroy()` aborts it, and leaves in the volume what has come there.
   *
   * @throws LibvirtError as the stream's `error`; `VIR_ERR_SYSTEM_ERROR` when the disk is full, or when more comes than
   *   `length`
   * @see virStorageVolUpload
   * @since libvirt 0.9.0
   */
  createWriteStream(options: VolumeStreamOptions = {}): VolumeWriteStream {
    const open = (signal: AbortSignal) => this.upload('createWriteStream', options, { ...this.options, signal });
    return new VolumeWriteStream(open, options.sparse ?? false, options.signal ?? this.options.signal);
  }

  /**
   * Writes what is in the volume into a file of this machine, which is made or written over. The bytes do not come
   * through JavaScript. With `sparse` its holes are holes in the file. When it fails or is aborted, the file stays as far
   * as it came.
   *
   * @param path - of the file
   * @returns a job that gives the number of bytes, holes included
   * @throws LibvirtError `VIR_ERR_OPERATION_ABORTED` when it was aborted
   * @see virStorageVolDownload
   * @since libvirt 0.9.0
   */
  downloadTo(path: string, options: TransferOptions = {}): Job<bigint> {
    return transfer({
      operation: 'virStorageVolDownload',
      path,
      mode: 'w',
      sparse: options.sparse ?? false,
      options: options.signal === undefined ? this.options : { ...this.options, signal: options.signal },
      check: () => {
        checkVolumeStreamOptions('downloadTo', options);
      },
      onProgress: options.onProgress,
      begin: (limits) => this.download('downloadTo', options, limits),
      total: async () => {
        const { allocation } = await this.getInfo(StorageVolInfoFlags.GET_PHYSICAL);
        const [offset, length] = [BigInt(options.offset ?? 0), BigInt(options.length ?? 0)];
        const rest = offset < allocation ? allocation - offset : 0n;
        return length === 0n || length > rest ? rest : length;
      },
    });
  }

  /**
   * Writes a file of this machine into the volume: over what is there, from `offset` on. A volume that is a file gets
   * longer where more comes. The bytes do not come through JavaScript. With `sparse` the file's holes are holes in the
   * volume. When it fails or is aborted, the volume keeps what has come there.
   *
   * @param path - of the file
   * @returns a job that gives the number of bytes, holes included
   * @throws LibvirtError `VIR_ERR_OPERATION_ABORTED` when it was aborted, `VIR_ERR_SYSTEM_ERROR` when the disk is full
   * @see virStorageVolUpload
   * @since libvirt 0.9.0
   */
  uploadFrom(path: string, options: TransferOptions = {}): Job<bigint> {
    return transfer({
      operation: 'virStorageVolUpload',
      path,
      mode: 'r',
      sparse: options.sparse ?? false,
      options: options.signal === undefined ? this.options : { ...this.options, signal: options.signal },
      check: () => {
        checkVolumeStreamOptions('uploadFrom', options);
      },
      onProgress: options.onProgress,
      begin: (limits) => this.upload('uploadFrom', options, limits),
      total: async (file) => {
        const status = await file.stat();
        return status.isFile() ? BigInt(status.size) : BigInt(options.length ?? 0) || null;
      },
    });
  }

  /** @internal */
  private async download(where: string, options: VolumeStreamOptions, limits: CallOptions): Promise<StreamSession> {
    checkVolumeStreamOptions(where, options);
    const { offset = 0, length = 0, sparse = false } = options;
    const flags = sparse ? StorageVolDownloadFlags.SPARSE_STREAM : 0;
    const { session } = await this.connection.streams.start(limits, async (conn, stream, within) => {
      const vol = await within(() => this.find(conn));
      return within(() => native.virStorageVolDownload(vol, stream, offset, length, flags));
    });
    return session;
  }

  /** @internal */
  private async upload(where: string, options: VolumeStreamOptions, limits: CallOptions): Promise<StreamSession> {
    checkVolumeStreamOptions(where, options);
    const { offset = 0, length = 0, sparse = false } = options;
    const flags = sparse ? StorageVolUploadFlags.SPARSE_STREAM : 0;
    const { session } = await this.connection.streams.start(limits, async (conn, stream, within) => {
      const vol = await within(() => this.find(conn));
      return within(() => native.virStorageVolUpload(vol, stream, offset, length, flags));
    });
    return session;
  }
}

function toInfo({ type, ...sizes }: virStorageVolInfo): StorageVolInfo {
  return { type: type as StorageVolType, ...sizes };
}
