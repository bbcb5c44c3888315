import type { MaybeNull, virConnect, virDomain, virStorageVol, virStream } from './common.js';

export interface NativeStream {
  virStreamNew(conn: virConnect, flags: number): virStream;
  /** At most so many bytes, none at the end; -2 where a stream that does not wait would have to. */
  virStreamRecv(stream: virStream, nbytes: number): Promise<Buffer | -2>;
  /** As `virStreamRecv`, and -3 where a hole begins. */
  virStreamRecvFlags(stream: virStream, nbytes: number, flags: number): Promise<Buffer | -2 | -3>;
  /** How many of the bytes were taken, or -2. */
  virStreamSend(stream: virStream, data: Uint8Array): Promise<number>;
  virStreamRecvHole(stream: virStream, flags: number): Promise<bigint>;
  virStreamSendHole(stream: virStream, length: number | bigint, flags: number): Promise<void>;
  virStreamFinish(stream: virStream): Promise<void>;
  virStreamAbort(stream: virStream): Promise<void>;
  /** libvirt calls without end while `VIR_STREAM_EVENT_WRITABLE` is among the events. */
  virStreamEventAddCallback(stream: virStream, events: number, cb: (events: number) => void): void;
  virStreamEventUpdateCallback(stream: virStream, events: number): void;
  virStreamEventRemoveCallback(stream: virStream): void;
  virDomainOpenConsole(dom: virDomain, devName: MaybeNull<string>, stream: virStream, flags: number): Promise<void>;
  virDomainOpenChannel(dom: virDomain, name: MaybeNull<string>, stream: virStream, flags: number): Promise<void>;
  /** The MIME type. */
  virDomainScreenshot(domain: virDomain, stream: virStream, screen: number, flags: number): Promise<string>;
  virStorageVolDownload(
    vol: virStorageVol,
    stream: virStream,
    offset: number | bigint,
    length: number | bigint,
    flags: number,
  ): Promise<void>;
  virStorageVolUpload(
    vol: virStorageVol,
    stream: virStream,
    offset: number | bigint,
    length: number | bigint,
    flags: number,
  ): Promise<void>;
}
