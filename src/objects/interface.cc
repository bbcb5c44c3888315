#include <libvirt/libvirt.h>

#include "../core/names.h"
#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

void bindInterface(Table& table) {
  table.def("virConnectListAllInterfaces(conn, flags)", listOf(virConnectListAllInterfaces));
  table.def("virConnectNumOfInterfaces(conn)", virConnectNumOfInterfaces, as<int>);
  table.def("virConnectListInterfaces(conn, maxnames)", namesOf(virConnectListInterfaces));
  table.def("virConnectNumOfDefinedInterfaces(conn)", virConnectNumOfDefinedInterfaces, as<int>);
  table.def("virConnectListDefinedInterfaces(conn, maxnames)", namesOf(virConnectListDefinedInterfaces));
  table.def("virInterfaceLookupByName(conn, name)", virInterfaceLookupByName);
  table.def("virInterfaceLookupByMACString(conn, mac)", virInterfaceLookupByMACString);
  table.def("virInterfaceDefineXML(conn, xmlDesc, flags)", virInterfaceDefineXML);
  table.def("virInterfaceChangeBegin(conn, flags)", virInterfaceChangeBegin);
  table.def("virInterfaceChangeCommit(conn, flags)", virInterfaceChangeCommit);
  table.def("virInterfaceChangeRollback(conn, flags)", virInterfaceChangeRollback);

  table.def("virInterfaceGetName(iface)", virInterfaceGetName, local);
  table.def("virInterfaceGetMACString(iface)", virInterfaceGetMACString, local);
  table.def("virInterfaceGetXMLDesc(iface, flags)", virInterfaceGetXMLDesc);
  table.def("virInterfaceIsActive(iface)", virInterfaceIsActive, as<bool>);
  table.def("virInterfaceCreate(iface, flags)", virInterfaceCreate);
  table.def("virInterfaceDestroy(iface, flags)", virInterfaceDestroy);
  table.def("virInterfaceUndefine(iface)", virInterfaceUndefine);
}

}  // namespace libvirt_napi
