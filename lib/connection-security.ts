import { ConnectionStorage } from './connection-storage.js';
import type {
  ConnectListAllSecretsFlags,
  NWFilterBindingCreateFlags,
  NWFilterDefineFlags,
  SecretDefineFlags,
  SecretUsageType,
} from './constants.js';
import { allNames } from './names.js';
import { native } from './native.js';
import { NWFilter } from './nwfilter.js';
import { NWFilterBinding } from './nwfilter-binding.js';
import { Secret } from './secret.js';
import { mapInTurns } from './turns.js';

/** The part of {@link Connection} that finds and makes network filters and secrets. */
export abstract class ConnectionSecurity extends ConnectionStorage {
  /**
   * How many network filters there are.
   *
   * @see virConnectNumOfNWFilters
   * @since libvirt 0.8.0
   */
  numOfNWFilters(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfNWFilters(conn));
  }

  /**
   * The names of the network filters. {@link listAllNWFilters} gives the filters themselves.
   *
   * @see virConnectListNWFilters
   * @since libvirt 0.8.0
   */
  listNWFilters(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfNWFilters(conn),
        list: (maxnames) => native.virConnectListNWFilters(conn, maxnames),
      }),
    );
  }

  /**
   * The network filters, those among them that libvirt's packages bring.
   *
   * @param flags - none are defined; 0
   * @see virConnectListAllNWFilters
   * @since libvirt 0.10.2
   */
  listAllNWFilters(flags = 0): Promise<NWFilter[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllNWFilters(conn, flags), (filter) => NWFilter.of(this.base, filter)),
    );
  }

  /**
   * The network filter with this name.
   *
   * @throws LibvirtError `VIR_ERR_NO_NWFILTER`
   * @see virNWFilterLookupByName
   * @since libvirt 0.8.0
   */
  lookupNWFilterByName(name: string): Promise<NWFilter> {
    return this.call(async (conn) => NWFilter.of(this.base, await native.virNWFilterLookupByName(conn, name)));
  }

  /**
   * The network filter with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_NWFILTER`
   * @see virNWFilterLookupByUUIDString
   * @since libvirt 0.8.0
   */
  lookupNWFilterByUUID(uuid: string): Promise<NWFilter> {
    return this.call(async (conn) => NWFilter.of(this.base, await native.virNWFilterLookupByUUIDString(conn, uuid)));
  }

  /**
   * Defines a network filter, or changes the one with the same UUID: the rules of interfaces that use it change at once.
   *
   * @param flags - `NWFilterDefineFlags.VALIDATE` checks the XML against its schema
   * @see virNWFilterDefineXML, virNWFilterDefineXMLFlags
   * @since libvirt 0.8.0; with flags 7.7.0
   */
  defineNWFilterXML(xml: string, flags: NWFilterDefineFlags = 0): Promise<NWFilter> {
    return this.call(async (conn) =>
      NWFilter.of(
        this.base,
        await (flags === 0
          ? native.virNWFilterDefineXML(conn, xml)
          : native.virNWFilterDefineXMLFlags(conn, xml, flags)),
      ),
    );
  }

  /**
   * The network filters that are at work, each on one interface of the host.
   *
   * @param flags - none are defined; 0
   * @see virConnectListAllNWFilterBindings
   * @since libvirt 4.5.0
   */
  listAllNWFilterBindings(flags = 0): Promise<NWFilterBinding[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllNWFilterBindings(conn, flags), (binding) =>
        NWFilterBinding.of(this.base, binding),
      ),
    );
  }

  /**
   * What is bound to this interface of the host.
   *
   * @param portDev - the interface, such as `vnet0`
   * @throws LibvirtError `VIR_ERR_NO_NWFILTER_BINDING`
   * @see virNWFilterBindingLookupByPortDev
   * @since libvirt 4.5.0
   */
  lookupNWFilterBindingByPortDev(portDev: string): Promise<NWFilterBinding> {
    return this.call(async (conn) =>
      NWFilterBinding.of(this.base, await native.virNWFilterBindingLookupByPortDev(conn, portDev)),
    );
  }

  /**
   * Binds a network filter to an interface of the host: the firewall has its rules from then on.
   *
   * @param flags - `NWFilterBindingCreateFlags.VALIDATE` checks the XML against its schema
   * @throws LibvirtError `VIR_ERR_OPERATION_FAILED` when something is bound to the interface already
   * @see virNWFilterBindingCreateXML
   * @since libvirt 4.5.0; `NWFilterBindingCreateFlags.VALIDATE` 7.8.0
   */
  createNWFilterBindingXML(xml: string, flags: NWFilterBindingCreateFlags = 0): Promise<NWFilterBinding> {
    return this.call(async (conn) =>
      NWFilterBinding.of(this.base, await native.virNWFilterBindingCreateXML(conn, xml, flags)),
    );
  }

  /**
   * How many secrets there are.
   *
   * @see virConnectNumOfSecrets
   * @since libvirt 0.7.1
   */
  numOfSecrets(): Promise<number> {
    return this.call((conn) => native.virConnectNumOfSecrets(conn));
  }

  /**
   * The UUIDs of the secrets. {@link listAllSecrets} gives the secrets themselves.
   *
   * @see virConnectListSecrets
   * @since libvirt 0.7.1
   */
  listSecrets(): Promise<string[]> {
    return this.calls((conn, limits) =>
      allNames(limits, {
        count: () => native.virConnectNumOfSecrets(conn),
        list: (maxuuids) => native.virConnectListSecrets(conn, maxuuids),
      }),
    );
  }

  /**
   * The secrets that the daemon keeps.
   *
   * @param flags - only some of them: `ConnectListAllSecretsFlags.PRIVATE` and others; 0 for all
   * @see virConnectListAllSecrets
   * @since libvirt 0.10.2
   */
  listAllSecrets(flags: ConnectListAllSecretsFlags = 0): Promise<Secret[]> {
    return this.call(async (conn) =>
      mapInTurns(await native.virConnectListAllSecrets(conn, flags), (secret) => Secret.of(this.base, secret)),
    );
  }

  /**
   * The secret with this UUID.
   *
   * @throws LibvirtError `VIR_ERR_NO_SECRET`
   * @see virSecretLookupByUUIDString
   * @since libvirt 0.7.1
   */
  lookupSecretByUUID(uuid: string): Promise<Secret> {
    return this.call(async (conn) => Secret.of(this.base, await native.virSecretLookupByUUIDString(conn, uuid)));
  }

  /**
   * The secret for a thing, which has one at most.
   *
   * @param usageType - what kind of thing it is
   * @param usageID - which one: the path of a volume, the name of a key
   * @throws LibvirtError `VIR_ERR_NO_SECRET`
   * @see virSecretLookupByUsage
   * @since libvirt 0.7.1
   */
  lookupSecretByUsage(usageType: SecretUsageType, usageID: string): Promise<Secret> {
    return this.call(async (conn) =>
      Secret.of(this.base, await native.virSecretLookupByUsage(conn, usageType, usageID)),
    );
  }

  /**
   * Defines a secret, or changes the one with the same UUID. It has no value until it is given one.
   *
   * @param flags - `SecretDefineFlags.VALIDATE` checks the XML against its schema
   * @see virSecretDefineXML
   * @since libvirt 0.7.1; `SecretDefineFlags.VALIDATE` 7.7.0
   */
  defineSecretXML(xml: string, flags: SecretDefineFlags = 0): Promise<Secret> {
    return this.call(async (conn) => Secret.of(this.base, await native.virSecretDefineXML(conn, xml, flags)));
  }
}
