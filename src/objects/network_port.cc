#include <libvirt/libvirt.h>

#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../generated/fields.h"
#include "objects.h"

namespace libvirt_napi {

void bindNetworkPort(Table& table) {
  table.def("virNetworkListAllPorts(network, flags)", listOf(virNetworkListAllPorts), quick);
  table.def("virNetworkPortLookupByUUID(net, uuid)", byUUID(virNetworkPortLookupByUUID), quick);
  table.def("virNetworkPortLookupByUUIDString(net, uuidstr)", virNetworkPortLookupByUUIDString, quick);
  table.def("virNetworkPortCreateXML(net, xmldesc, flags)", virNetworkPortCreateXML);

  table.def("virNetworkPortGetUUID(port)", uuidOf(virNetworkPortGetUUID), local);
  table.def("virNetworkPortGetUUIDString(port)", uuidStringOf(virNetworkPortGetUUIDString), local);
  table.def("virNetworkPortGetXMLDesc(port, flags)", virNetworkPortGetXMLDesc, quick);
  table.def("virNetworkPortGetParameters(port, flags)", allocatedParamsOf(virNetworkPortGetParameters));
  table.def("virNetworkPortSetParameters(port, params, flags)",
            paramsTo<wire::networkPortBandwidth>(virNetworkPortSetParameters));
  table.def("virNetworkPortDelete(port, flags)", virNetworkPortDelete);
}

}  // namespace libvirt_napi
