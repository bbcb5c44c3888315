#include <libvirt/libvirt.h>

#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

void bindNWFilterBinding(Table& table) {
  table.def("virConnectListAllNWFilterBindings(conn, flags)", listOf(virConnectListAllNWFilterBindings), quick);
  table.def("virNWFilterBindingLookupByPortDev(conn, portdev)", virNWFilterBindingLookupByPortDev, quick);
  table.def("virNWFilterBindingCreateXML(conn, xml, flags)", virNWFilterBindingCreateXML);

  table.def("virNWFilterBindingGetPortDev(binding)", virNWFilterBindingGetPortDev, local);
  table.def("virNWFilterBindingGetFilterName(binding)", virNWFilterBindingGetFilterName, local);
  table.def("virNWFilterBindingGetXMLDesc(binding, flags)", virNWFilterBindingGetXMLDesc, quick);
  table.def("virNWFilterBindingDelete(binding)", virNWFilterBindingDelete);
}

}  // namespace libvirt_napi
