#include <libvirt/libvirt.h>

#include <optional>
#include <string>

#include "../core/names.h"
#include "../core/shapes.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Lease {
  std::string iface;
  long long expirytime;
  int type;
  std::optional<std::string> mac;
  std::optional<std::string> iaid;
  std::string ipaddr;
  unsigned prefix;
  std::optional<std::string> hostname;
  std::optional<std::string> clientid;
};

}  // namespace

template <>
struct Encode<Lease> {
  static Napi::Value make(Napi::Env env, const Lease& lease) {
    return fields(env, "iface", lease.iface, "expirytime", lease.expirytime, "type", lease.type, "mac", lease.mac,
                  "iaid", lease.iaid, "ipaddr", lease.ipaddr, "prefix", lease.prefix, "hostname", lease.hostname,
                  "clientid", lease.clientid);
  }
};

namespace {

std::vector<Lease> leases(virNetworkPtr network, const char* mac, unsigned flags) {
  virNetworkDHCPLeasePtr* found = nullptr;
  const int count = check(virNetworkGetDHCPLeases(network, mac, &found, flags));
  return copyAll(found, count, virNetworkDHCPLeaseFree, [](const virNetworkDHCPLease& lease) {
    return Lease{lease.iface,
                 lease.expirytime,
                 lease.type,
                 optionalText(lease.mac),
                 optionalText(lease.iaid),
                 lease.ipaddr,
                 lease.prefix,
                 optionalText(lease.hostname),
                 optionalText(lease.clientid)};
  });
}

}  // namespace

void bindNetwork(Table& table) {
  table.def("virConnectListAllNetworks(conn, flags)", listOf(virConnectListAllNetworks), quick);
  table.def("virConnectNumOfNetworks(conn)", virConnectNumOfNetworks, as<int>, quick);
  table.def("virConnectListNetworks(conn, maxnames)", namesOf(virConnectListNetworks), quick);
  table.def("virConnectNumOfDefinedNetworks(conn)", virConnectNumOfDefinedNetworks, as<int>, quick);
  table.def("virConnectListDefinedNetworks(conn, maxnames)", namesOf(virConnectListDefinedNetworks), quick);
  table.def("virNetworkLookupByName(conn, name)", virNetworkLookupByName, quick);
  table.def("virNetworkLookupByUUID(conn, uuid)", byUUID(virNetworkLookupByUUID), quick);
  table.def("virNetworkLookupByUUIDString(conn, uuidstr)", virNetworkLookupByUUIDString, quick);
  table.def("virNetworkDefineXML(conn, xml)", virNetworkDefineXML);
  table.def("virNetworkDefineXMLFlags(conn, xml, flags)", virNetworkDefineXMLFlags);
  table.def("virNetworkCreateXML(conn, xmlDesc)", virNetworkCreateXML);
  table.def("virNetworkCreateXMLFlags(conn, xmlDesc, flags)", virNetworkCreateXMLFlags);

  table.def("virNetworkGetName(network)", virNetworkGetName, local);
  table.def("virNetworkGetUUID(network)", uuidOf(virNetworkGetUUID), local);
  table.def("virNetworkGetUUIDString(network)", uuidStringOf(virNetworkGetUUIDString), local);
  table.def("virNetworkCreate(network)", virNetworkCreate);
  table.def("virNetworkDestroy(network)", virNetworkDestroy);
  table.def("virNetworkUndefine(network)", virNetworkUndefine);
  table.def("virNetworkGetXMLDesc(network, flags)", virNetworkGetXMLDesc, quick);
  table.def("virNetworkGetBridgeName(network)", virNetworkGetBridgeName, quick);
  table.def("virNetworkGetAutostart(network)", outOf<bool>(virNetworkGetAutostart), quick);
  table.def("virNetworkSetAutostart(network, autostart)", switchOf(virNetworkSetAutostart));
  table.def("virNetworkIsActive(network)", virNetworkIsActive, as<bool>, quick);
  table.def("virNetworkIsPersistent(network)", virNetworkIsPersistent, as<bool>, quick);
  table.def("virNetworkGetDHCPLeases(network, mac?, flags)", leases);
  table.def("virNetworkUpdate(network, command, section, parentIndex, xml, flags)", virNetworkUpdate);
  table.def("virNetworkGetMetadata(network, type, uri?, flags)", virNetworkGetMetadata, quick);
  table.def("virNetworkSetMetadata(network, type, metadata?, key?, uri?, flags)", virNetworkSetMetadata);
}

}  // namespace libvirt_napi
