/** The numbers of libvirt's remote protocol for what the tests let a daemon answer. */
export const procedures = {
  open: 1,
  close: 2,
  getType: 3,
  getNodeInfo: 6,
  getCapabilities: 7,
  defineDomainXML: 11,
  destroy: 12,
  getXMLDesc: 14,
  getMaxMemory: 17,
  getMaxVcpus: 18,
  getVcpus: 20,
  lookupDomainByName: 23,
  lookupDomainByUUID: 24,
  shutdown: 33,
  lookupNetworkByName: 46,
  getSchedulerType: 56,
  getSchedulerParameters: 57,
  getHostname: 59,
  supportsFeature: 60,
  interfaceStats: 65,
  authList: 66,
  nodeGetCellsFreeMemory: 101,
  nodeGetFreeMemory: 102,
  blockPeek: 103,
  getURI: 110,
  nodeDeviceLookupByName: 113,
  nodeDeviceGetParent: 115,
  nodeDeviceDettach: 118,
  nodeDeviceReAttach: 119,
  nodeDeviceReset: 120,
  domainXMLFromNative: 135,
  domainXMLToNative: 136,
  lookupSecretByUUID: 141,
  isActive: 150,
  getLibVersion: 157,
  memoryStats: 159,
  getJobInfo: 163,
  abortJob: 164,
  domainEventRegisterAny: 167,
  lookupNWFilterByName: 175,
  lookupNWFilterByUUID: 176,
  numOfNWFilters: 178,
  listNWFilters: 179,
  managedSave: 182,
  snapshotLookupByName: 189,
  snapshotCurrent: 191,
  revertToSnapshot: 192,
  getVcpusFlags: 200,
  setBlkioParameters: 205,
  getBlkioParameters: 206,
  getState: 212,
  nodeGetCPUStats: 227,
  nodeGetMemoryStats: 228,
  getVcpuPinInfo: 230,
  blockJobAbort: 237,
  getBlockJobInfo: 238,
  blockPull: 240,
  migrateGetMaxSpeed: 242,
  setBlockIoTune: 252,
  pmSuspendForDuration: 261,
  getCPUStats: 262,
  getDiskErrors: 263,
  blockRebase: 266,
  pmWakeup: 267,
  listAllDomains: 273,
  getSecurityLabelList: 278,
  getEmulatorPinInfo: 280,
  nodeSetMemoryParameters: 288,
  nodeGetMemoryParameters: 289,
  nodeGetCPUMap: 293,
  getNodeCPUMap: 293,
  getJobStats: 298,
  nodeDeviceDetachFlags: 301,
  connectNetworkEventRegisterAny: 313,
  connectNetworkEventDeregisterAny: 314,
  connectDomainEventCallbackRegisterAny: 316,
  connectDomainEventCallbackDeregisterAny: 317,
  nodeGetFreePages: 340,
  getDHCPLeases: 341,
  getAllDomainStats: 344,
  nodeAllocPages: 347,
  getFSInfo: 349,
  interfaceAddresses: 353,
  registerCloseCallback: 360,
  unregisterCloseCallback: 361,
  connectStoragePoolEventRegisterAny: 368,
  connectStoragePoolEventDeregisterAny: 369,
  getGuestVcpus: 371,
  setGuestVcpus: 372,
  connectNodeDeviceEventRegisterAny: 374,
  connectNodeDeviceEventDeregisterAny: 375,
  connectSecretEventRegisterAny: 380,
  connectSecretEventDeregisterAny: 381,
  setVcpu: 384,
  migrateGetMaxDowntime: 387,
  baselineHypervisorCPU: 394,
  nodeGetSEVInfo: 395,
  getLaunchSecurityInfo: 396,
  lookupNWFilterBindingByPortDev: 397,
  setIOThreadParams: 402,
  networkPortLookupByUUID: 405,
  networkPortGetParameters: 407,
  networkPortSetParameters: 408,
  getGuestInfo: 418,
  authorizedSSHKeysGet: 424,
  authorizedSSHKeysSet: 425,
  getMessages: 426,
  startDirtyRateCalc: 427,
  nodeDeviceDefineXML: 428,
  nodeDeviceUndefine: 429,
  nodeDeviceCreate: 430,
  nodeDeviceGetAutostart: 433,
  nodeDeviceSetAutostart: 434,
  nodeDeviceIsPersistent: 435,
  nodeDeviceIsActive: 436,
  setLaunchSecurityState: 439,
  abortJobFlags: 442,
  nodeDeviceUpdate: 447,
  graphicsReload: 448,
  getAutostartOnce: 449,
  setAutostartOnce: 450,
  setThrottleGroup: 451,
  delThrottleGroup: 452,
  announceInterface: 456,
  // Of the protocols of QEMU and of the administration, whose numbers are their own.
  qemuMonitorEventRegister: 4,
  qemuMonitorEventDeregister: 5,
  adminGetLibVersion: 3,
  adminListServers: 4,
  adminLookupServer: 5,
  adminGetThreadPoolParameters: 6,
  adminSetThreadPoolParameters: 7,
  adminListClients: 8,
  adminLookupClient: 9,
  adminGetInfo: 10,
  adminGetClientLimits: 12,
  adminSetClientLimits: 13,
  adminDaemonShutdown: 20,
} as const;
export type Procedure = keyof typeof procedures;

/** What a message belongs to. The last says "keep". */
export const programs = { remote: 0x20008086, qemu: 0x20008087, admin: 0x06900690, keepAlive: 0x6b656570 };

/** Values as the remote protocol writes them. */
export const xdr = {
  int: (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value | 0);
    return bytes;
  },
  hyper: (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
    return bytes;
  },
  string: (text: string): Buffer => {
    const bytes = Buffer.from(text);
    return Buffer.concat([xdr.int(bytes.length), bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  },
  optional: (text: string | null): Buffer =>
    text === null ? xdr.int(0) : Buffer.concat([xdr.int(1), xdr.string(text)]),
  uuid: (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex'),
  array: (...items: (Buffer | Buffer[])[]): Buffer => Buffer.concat([xdr.int(items.length), ...items.flat()]),
  strings: (...texts: string[]): Buffer => xdr.array(...texts.map(xdr.string)),
};

const double = (value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
};
const param =
  <Value>(type: number, write: (value: Value) => Buffer) =>
  (field: string, value: Value): Buffer =>
    Buffer.concat([xdr.string(field), xdr.int(type), write(value)]);

/** Typed parameters, by their types. */
export const typed = {
  int: param(1, xdr.int),
  uint: param(2, xdr.int),
  llong: param(3, xdr.hyper),
  ullong: param(4, xdr.hyper),
  double: param(5, double),
  boolean: param(6, (value: boolean) => xdr.int(Number(value))),
  string: param(7, xdr.string),
};
