import { Connection, type ConnectionUri, LibvirtError } from 'libvirt-napi';

/** Opens a connection; where this user may only look, one for looking. */
export async function connect(
  uri: ConnectionUri,
  { readOnly, signal }: { readOnly: boolean; signal: AbortSignal },
): Promise<{ connection: Connection; readOnly: boolean }> {
  try {
    return { connection: await Connection.open(uri, { readOnly, signal }), readOnly };
  } catch (error) {
    if (readOnly || !mayOnlyLook(uri, error)) throw error;
    try {
      return { connection: await Connection.open(uri, { readOnly: true, signal }), readOnly: true };
    } catch {
      throw error; // the first one says what is missing
    }
  }
}

/** The sockets of a daemon on this machine differ: nearly everybody may use the one that only looks. */
function mayOnlyLook(uri: ConnectionUri, error: unknown): boolean {
  if (!(error instanceof LibvirtError) || uri.effectiveTransport !== 'unix') return false;
  return error.code.startsWith('VIR_ERR_AUTH_') || error.message.includes('Permission denied');
}
