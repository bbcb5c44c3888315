export { Libvirtd, startTestbed, Testbed } from './bed.js';
export type { BedProcess, ExecOptions, Guest, RunOptions, TestbedOptions } from './bed.js';
export { suspendProcess } from './process.js';
export type { ExecResult } from './process.js';
export { FaultProxy } from './proxy.js';
export type { Endpoint, Faults } from './proxy.js';
export { describeWithTestbed, whyNoTestbed } from './suite.js';
export { defaultNetworkXML, guestXML } from './xml.js';
export type { GuestOptions, StaticLease } from './xml.js';
