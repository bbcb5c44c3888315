#include <libvirt/libvirt.h>

#include "../core/names.h"
#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

template <>
struct Encode<virStoragePoolInfo> {
  static Napi::Value make(Napi::Env env, const virStoragePoolInfo& info) {
    return fields(env, "state", info.state, "capacity", info.capacity, "allocation", info.allocation, "available",
                  info.available);
  }
};

void bindStoragePool(Table& table) {
  table.def("virConnectGetStoragePoolCapabilities(conn, flags)", virConnectGetStoragePoolCapabilities);
  table.def("virConnectFindStoragePoolSources(conn, type, srcSpec?, flags)", virConnectFindStoragePoolSources);
  table.def("virConnectNumOfStoragePools(conn)", virConnectNumOfStoragePools, as<int>, quick);
  table.def("virConnectListStoragePools(conn, maxnames)", namesOf(virConnectListStoragePools), quick);
  table.def("virConnectNumOfDefinedStoragePools(conn)", virConnectNumOfDefinedStoragePools, as<int>, quick);
  table.def("virConnectListDefinedStoragePools(conn, maxnames)", namesOf(virConnectListDefinedStoragePools), quick);
  table.def("virConnectListAllStoragePools(conn, flags)", listOf(virConnectListAllStoragePools), quick);
  table.def("virStoragePoolLookupByName(conn, name)", virStoragePoolLookupByName, quick);
  table.def("virStoragePoolLookupByUUID(conn, uuid)", byUUID(virStoragePoolLookupByUUID), quick);
  table.def("virStoragePoolLookupByUUIDString(conn, uuidstr)", virStoragePoolLookupByUUIDString, quick);
  table.def("virStoragePoolLookupByVolume(vol)", virStoragePoolLookupByVolume, quick);
  table.def("virStoragePoolLookupByTargetPath(conn, path)", virStoragePoolLookupByTargetPath, quick);
  table.def("virStoragePoolCreateXML(conn, xmlDesc, flags)", virStoragePoolCreateXML);
  table.def("virStoragePoolDefineXML(conn, xml, flags)", virStoragePoolDefineXML);

  table.def("virStoragePoolGetName(pool)", virStoragePoolGetName, local);
  table.def("virStoragePoolGetUUID(pool)", uuidOf(virStoragePoolGetUUID), local);
  table.def("virStoragePoolGetUUIDString(pool)", uuidStringOf(virStoragePoolGetUUIDString), local);
  table.def("virStoragePoolBuild(pool, flags)", virStoragePoolBuild);
  table.def("virStoragePoolCreate(pool, flags)", virStoragePoolCreate);
  table.def("virStoragePoolDestroy(pool)", virStoragePoolDestroy);
  table.def("virStoragePoolDelete(pool, flags)", virStoragePoolDelete);
  table.def("virStoragePoolUndefine(pool)", virStoragePoolUndefine);
  table.def("virStoragePoolRefresh(pool, flags)", virStoragePoolRefresh);
  table.def("virStoragePoolGetInfo(pool)", outOf<virStoragePoolInfo>(virStoragePoolGetInfo), quick);
  table.def("virStoragePoolGetXMLDesc(pool, flags)", virStoragePoolGetXMLDesc, quick);
  table.def("virStoragePoolGetAutostart(pool)", outOf<bool>(virStoragePoolGetAutostart), quick);
  table.def("virStoragePoolSetAutostart(pool, autostart)", switchOf(virStoragePoolSetAutostart));
  table.def("virStoragePoolIsActive(pool)", virStoragePoolIsActive, as<bool>, quick);
  table.def("virStoragePoolIsPersistent(pool)", virStoragePoolIsPersistent, as<bool>, quick);
  table.def("virStoragePoolNumOfVolumes(pool)", virStoragePoolNumOfVolumes, as<int>, quick);
  table.def("virStoragePoolListVolumes(pool, maxnames)", namesOf(virStoragePoolListVolumes), quick);
  table.def("virStoragePoolListAllVolumes(pool, flags)", listOf(virStoragePoolListAllVolumes), quick);
}

}  // namespace libvirt_napi
