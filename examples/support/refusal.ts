import { LibvirtError } from 'libvirt-napi';

/** The codes by which drivers and daemons say that they cannot or may not do something, and no more than that. */
const refusals: Record<string, string> = {
  VIR_ERR_NO_SUPPORT: 'The driver cannot do this',
  VIR_ERR_OPERATION_UNSUPPORTED: 'The driver cannot do this',
  VIR_ERR_OPERATION_DENIED: 'This connection may not do this',
  VIR_ERR_ACCESS_DENIED: 'This user may not do this',
};

/** In words why something was refused; undefined when the error is a real failure. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof LibvirtError)) return undefined;
  const words = refusals[error.code];
  return words === undefined ? undefined : `${words} (${error.code}): ${error.message}.`;
}

/** What a person needs of an error: for libvirt's own no stack, since the message says it all. */
export function messageOf(error: unknown): string {
  if (error instanceof LibvirtError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
