#include <libvirt/libvirt.h>

#include <cstring>
#include <memory>

#include "../core/names.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct WipeMemory {
  std::size_t size;
  void operator()(unsigned char* memory) const {
    explicit_bzero(memory, size);
    FreeMemory()(memory);
  }
};

Bytes value(virSecretPtr secret, unsigned flags) {
  std::size_t size = 0;
  unsigned char* memory = check(virSecretGetValue(secret, &size, flags));
  const std::unique_ptr<unsigned char, WipeMemory> owner(memory, WipeMemory{size});
  return {memory, size};
}

int setValue(virSecretPtr secret, const Bytes& value, unsigned flags) {
  return virSecretSetValue(secret, value.data(), value.size(), flags);
}

}  // namespace

void bindSecret(Table& table) {
  table.def("virConnectNumOfSecrets(conn)", virConnectNumOfSecrets, as<int>, quick);
  table.def("virConnectListSecrets(conn, maxuuids)", namesOf(virConnectListSecrets), quick);
  table.def("virConnectListAllSecrets(conn, flags)", listOf(virConnectListAllSecrets), quick);
  table.def("virSecretLookupByUUID(conn, uuid)", byUUID(virSecretLookupByUUID), quick);
  table.def("virSecretLookupByUUIDString(conn, uuidstr)", virSecretLookupByUUIDString, quick);
  table.def("virSecretLookupByUsage(conn, usageType, usageID)", virSecretLookupByUsage, quick);
  table.def("virSecretDefineXML(conn, xml, flags)", virSecretDefineXML);

  table.def("virSecretGetUUID(secret)", uuidOf(virSecretGetUUID), local);
  table.def("virSecretGetUUIDString(secret)", uuidStringOf(virSecretGetUUIDString), local);
  table.def("virSecretGetUsageType(secret)", virSecretGetUsageType, as<int>, local);
  table.def("virSecretGetUsageID(secret)", virSecretGetUsageID, local);
  table.def("virSecretGetXMLDesc(secret, flags)", virSecretGetXMLDesc, quick);
  table.def("virSecretGetValue(secret, flags)", value);
  table.def("virSecretSetValue(secret, value, flags)", setValue);
  table.def("virSecretUndefine(secret)", virSecretUndefine);
}

}  // namespace libvirt_napi
