import type { SecretUsageType } from './constants.js';
import type { Connection } from './connection.js';
import type { SecretEvents } from './events/event-map.js';
import { native } from './native.js';
import type { virConnect, virSecret } from './native-types.js';
import { WatchedObject } from './watched.js';

/**
 * A secret that the daemon keeps: the passphrase of a volume, a key of a store, and what it is for. Its value is bytes.
 *
 * @see {@link https://libvirt.org/html/libvirt-libvirt-secret.html}
 */
export class Secret extends WatchedObject<virSecret, SecretEvents> {
  /** @internal */
  protected override readonly prefix = 'secret';
  /**
   * Its UUID in the usual form of 36 characters.
   *
   * @see virSecretGetUUIDString
   * @since libvirt 0.7.1
   */
  readonly uuid: string;

  private constructor(connection: Connection, handle: virSecret) {
    super(connection, handle);
    this.uuid = native.virSecretGetUUIDString(handle);
  }

  /** @internal */
  static of(connection: Connection, handle: virSecret): Secret {
    return new Secret(connection, handle);
  }

  /** @internal */
  protected override find(conn: virConnect): Promise<virSecret> {
    return native.virSecretLookupByUUIDString(conn, this.uuid);
  }

  /** @internal */
  protected override summary(): Record<string, unknown> {
    return { uuid: this.uuid };
  }

  /**
   * What kind of thing the secret is for.
   *
   * @see virSecretGetUsageType
   * @since libvirt 0.7.1
   */
  getUsageType(): Promise<SecretUsageType> {
    return this.call((secret) => native.virSecretGetUsageType(secret) as SecretUsageType);
  }

  /**
   * Which thing the secret is for: the path of a volume, the name of a key; `''` when it is for none.
   *
   * @see virSecretGetUsageID
   * @since libvirt 0.7.1
   */
  getUsageID(): Promise<string> {
    return this.call((secret) => native.virSecretGetUsageID(secret));
  }

  /**
   * The secret's XML description. The value is not in it.
   *
   * @param flags - none are defined; 0
   * @see virSecretGetXMLDesc
   * @since libvirt 0.7.1
   */
  getXMLDesc(flags = 0): Promise<string> {
    return this.call((secret) => native.virSecretGetXMLDesc(secret, flags));
  }

  /**
   * The secret's value. The library wipes its own copies; this one is yours: fill it with zeros after use.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_NO_SECRET` when it has none, `VIR_ERR_INVALID_SECRET` when it is private, which no
   * client may read, `VIR_ERR_OPERATION_DENIED` when the connection is read-only
   * @see virSecretGetValue
   * @since libvirt 0.7.1
   */
  getValue(flags = 0): Promise<Buffer> {
    return this.call((secret) => native.virSecretGetValue(secret, flags));
  }

  /**
   * Gives the secret a value: any bytes, from 1 to 65536. The library wipes its own copies; yours may be wiped as soon as
   * this has resolved.
   *
   * @param flags - none are defined; 0
   * @throws LibvirtError `VIR_ERR_RPC` when it is too long
   * @see virSecretSetValue
   * @since libvirt 0.7.1
   */
  setValue(value: Uint8Array, flags = 0): Promise<void> {
    return this.call((secret) => native.virSecretSetValue(secret, value, flags));
  }

  /**
   * Removes the secret and its value.
   *
   * @see virSecretUndefine
   * @since libvirt 0.7.1
   */
  undefine(): Promise<void> {
    return this.call((secret) => native.virSecretUndefine(secret));
  }
}
