import { ConsoleStream } from './console-stream.js';
import type { DomainChannelFlags, DomainConsoleFlags } from './constants.js';
import { DomainLxc } from './domain-lxc.js';
import { limitsOf } from './limits.js';
import { native } from './native.js';
import type { virDomain, virStream } from './native-types.js';

/** A picture of what a machine shows. */
export interface Screenshot {
  /** What kind of picture it is: `image/png`, or `image/x-portable-pixmap` of older hypervisors. */
  mimeType: string;
  data: Buffer;
}

/** The part of {@link Domain} that comes by streams. */
export abstract class DomainStreams extends DomainLxc {
  /**
   * Opens a serial port, console or parallel port of a running machine, both ways.
   *
   * One at a time may have it. The stream has a connection of its own, so that a guest that takes no input holds up
   * nothing else.
   *
   * @param devName - the device's alias, such as `serial0`; null for the first console or serial port
   * @param flags - `DomainConsoleFlags.FORCE` takes it from whoever has it, `SAFE` only opens what can be kept from others
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` when somebody else has it, `VIR_ERR_OPERATION_INVALID` when the
   * machine does not run
   * @example
   * ```ts
   * const console = await domain.openConsole();
   * console.pipe(process.stdout);
   * console.write('\r');
   * ```
   * @see virDomainOpenConsole
   * @since libvirt 0.8.6
   */
  openConsole(devName: string | null = null, flags: DomainConsoleFlags = 0): Promise<ConsoleStream> {
    return this.openStream((domain, stream) => native.virDomainOpenConsole(domain, devName, stream, flags));
  }

  /**
   * Opens a channel of a running machine, on which a program in the guest may listen, both ways.
   *
   * @param name - the device's alias or the name by which the guest knows it; null for the first channel
   * @param flags - `DomainChannelFlags.FORCE` takes it from whoever has it
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` when somebody else has it, `VIR_ERR_OPERATION_INVALID` when the
   * machine does not run
   * @see virDomainOpenChannel
   * @since libvirt 1.0.2
   */
  openChannel(name: string | null = null, flags: DomainChannelFlags = 0): Promise<ConsoleStream> {
    return this.openStream((domain, stream) => native.virDomainOpenChannel(domain, name, stream, flags));
  }

  /**
   * What the machine shows on its screen.
   *
   * @param screen - which of several
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_OPERATION_INVALID` when the machine does not run
   * @see virDomainScreenshot
   * @since libvirt 0.9.2
   */
  async screenshot(screen = 0, flags = 0): Promise<Screenshot> {
    const limits = limitsOf(this.options);
    const { session, result } = await this.connection.streams.start(this.options, async (conn, stream, within) => {
      const domain = await within(() => this.find(conn));
      return within(() => native.virDomainScreenshot(domain, stream, screen, flags));
    });
    try {
      const chunks: Buffer[] = [];
      for (;;) {
        const chunk = await session.call((stream) => native.virStreamRecv(stream, 1 << 20), limits.left);
        if (chunk === -2 || chunk.length === 0) break;
        chunks.push(chunk);
      }
      await session.finish(limits.left);
      return { mimeType: result, data: Buffer.concat(chunks) };
    } catch (error) {
      // Whoever set a limit does not wait for the end of what passed it.
      void session.abort();
      throw error;
    }
  }

  /** @internal */
  private async openStream(open: (domain: virDomain, stream: virStream) => Promise<void>): Promise<ConsoleStream> {
    const { session } = await this.connection.streams.start(this.options, async (conn, stream, within) => {
      const domain = await within(() => this.find(conn));
      return within(() => open(domain, stream));
    });
    return new ConsoleStream(session, this.options.signal);
  }
}
