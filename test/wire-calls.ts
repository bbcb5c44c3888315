import { expect, it } from '@jest/globals';
import type { FakeDaemon } from './fake-daemon.js';
import type { Procedure } from './remote-protocol.js';
import { itSince } from './versions.js';

/** A call as libvirt's protocol carries it. */
export interface WireCall {
  /** The libvirt that brought it, where one without it may be loaded. */
  since?: string;
  call: () => Promise<unknown>;
  procedure: Procedure;
  /** What it sends. */
  sent: Buffer[];
  /** What the daemon says to that; nothing by default. */
  answer?: Buffer;
  /** What the call makes of the answer. */
  result?: unknown;
}

/** A test for each call: it is sent once, with all its arguments in their places, and gives what the daemon answers. */
export function testCalls(daemon: () => FakeDaemon, calls: Record<string, WireCall>): void {
  for (const [title, { since, call, procedure, sent, answer = Buffer.alloc(0), result }] of Object.entries(calls)) {
    const test = async () => {
      daemon().answer(procedure, answer);
      expect(await call()).toEqual(result);
      expect(daemon().body(procedure)).toEqual(Buffer.concat(sent));
      expect(daemon().requestCount(procedure)).toBe(1);
    };
    if (since === undefined) it(title, test);
    else itSince(since, title, test);
  }
}
