#include <libvirt/libvirt.h>

#include <optional>
#include <string>
#include <vector>

#include "../core/names.h"
#include "../core/shapes.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// NULL means "it has none" and "failed" alike.
std::optional<std::string> parent(virNodeDevicePtr dev) {
  forgetLastError();
  const char* name = virNodeDeviceGetParent(dev);
  if (name == nullptr) {
    checkLastError();
  }
  return optionalText(name);
}

std::vector<std::string> devices(virConnectPtr conn, const char* cap, int maxnames, unsigned flags) {
  return namesFrom(maxnames, [=](char** names, int room) { return virNodeListDevices(conn, cap, names, room, flags); });
}

}  // namespace

void bindNodeDevice(Table& table) {
  table.def("virConnectListAllNodeDevices(conn, flags)", listOf(virConnectListAllNodeDevices), quick);
  table.def("virNodeNumOfDevices(conn, cap?, flags)", virNodeNumOfDevices, as<int>, quick);
  table.def("virNodeListDevices(conn, cap?, maxnames, flags)", devices, quick);
  table.def("virNodeDeviceLookupByName(conn, name)", virNodeDeviceLookupByName, quick);
  table.def("virNodeDeviceLookupSCSIHostByWWN(conn, wwnn, wwpn, flags)", virNodeDeviceLookupSCSIHostByWWN, quick);
  table.def("virNodeDeviceCreateXML(conn, xmlDesc, flags)", virNodeDeviceCreateXML);
  table.def("virNodeDeviceDefineXML(conn, xmlDesc, flags)", virNodeDeviceDefineXML);

  table.def("virNodeDeviceGetName(dev)", virNodeDeviceGetName, local);
  table.def("virNodeDeviceGetParent(dev)", parent, quick);
  table.def("virNodeDeviceNumOfCaps(dev)", virNodeDeviceNumOfCaps, as<int>, quick);
  table.def("virNodeDeviceListCaps(dev, maxnames)", namesOf(virNodeDeviceListCaps), quick);
  table.def("virNodeDeviceGetXMLDesc(dev, flags)", virNodeDeviceGetXMLDesc, quick);
  table.def("virNodeDeviceIsActive(dev)", virNodeDeviceIsActive, as<bool>, quick);
  table.def("virNodeDeviceIsPersistent(dev)", virNodeDeviceIsPersistent, as<bool>, quick);
  table.def("virNodeDeviceGetAutostart(dev)", outOf<bool>(virNodeDeviceGetAutostart), quick);
  table.def("virNodeDeviceSetAutostart(dev, autostart)", switchOf(virNodeDeviceSetAutostart));
  table.def("virNodeDeviceDettach(dev)", virNodeDeviceDettach);
  table.def("virNodeDeviceDetachFlags(dev, driverName?, flags)", virNodeDeviceDetachFlags);
  table.def("virNodeDeviceReAttach(dev)", virNodeDeviceReAttach);
  table.def("virNodeDeviceReset(dev)", virNodeDeviceReset);
  table.def("virNodeDeviceCreate(dev, flags)", virNodeDeviceCreate);
  table.def("virNodeDeviceDestroy(dev)", virNodeDeviceDestroy);
  table.def("virNodeDeviceUndefine(dev, flags)", virNodeDeviceUndefine);
  table.def("virNodeDeviceUpdate(dev, xmlDesc, flags)", virNodeDeviceUpdate);
}

}  // namespace libvirt_napi
