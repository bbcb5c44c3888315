import { type Descriptor, numbersOf } from './descriptors.js';
import { DomainDevices } from './domain-devices.js';
import { native } from './native.js';

/** What QEMU's monitor answered. */
export interface MonitorAnswer {
  result: string;
  /** The numbers of descriptors that came with it; whoever asked closes them, with `fs.closeSync()`. */
  outfiles: number[];
}

/** The part of {@link Domain} that only QEMU has. */
export abstract class DomainQemu extends DomainDevices {
  /**
   * Sends a command to the machine's QEMU monitor, past libvirt: what it changes, libvirt does not know.
   *
   * @param cmd - JSON, such as `{"execute":"query-status"}`, or a line when the flags say `HMP`
   * @param flags - `DomainQemuMonitorCommandFlags`
   * @returns what the monitor answered, JSON or text
   * @see virDomainQemuMonitorCommand
   * @since libvirt 0.8.3
   */
  qemuMonitorCommand(cmd: string, flags = 0): Promise<string> {
    return this.call((domain) => native.virDomainQemuMonitorCommand(domain, cmd, flags));
  }

  /**
   * Sends a command to the guest agent, past libvirt.
   *
   * @param cmd - JSON, such as `{"execute":"guest-ping"}`
   * @param timeout - seconds to wait for the answer, or a constant of `DomainQemuAgentCommandTimeoutValues`
   * @param flags - none are defined; 0
   * @returns what the agent answered, JSON
   * @throws LibvirtError `VIR_ERR_AGENT_UNRESPONSIVE` when no agent answers, `VIR_ERR_ARGUMENT_UNSUPPORTED` when the
   * machine has no channel for one
   * @see virDomainQemuAgentCommand
   * @since libvirt 0.10.0
   */
  qemuAgentCommand(cmd: string, timeout = -2, flags = 0): Promise<string> {
    return this.call((domain) => native.virDomainQemuAgentCommand(domain, cmd, timeout, flags));
  }

  /**
   * As {@link qemuMonitorCommand}, with open files that go along, and that come back.
   *
   * @param infiles - numbers or `FileHandle`s; they are duplicated and stay open here
   * @throws RangeError when one is not open
   * @see virDomainQemuMonitorCommandWithFiles
   * @since libvirt 8.2.0
   */
  qemuMonitorCommandWithFiles(cmd: string, infiles: readonly Descriptor[] = [], flags = 0): Promise<MonitorAnswer> {
    return this.call((domain) => {
      const numbers = numbersOf('qemuMonitorCommandWithFiles: infiles', infiles);
      return native.virDomainQemuMonitorCommandWithFiles(domain, cmd, numbers, flags);
    });
  }
}
