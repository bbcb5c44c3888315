#include <libvirt/libvirt.h>

#include <array>

#include "../core/params_in.h"
#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

constexpr std::array<Field, 7> portFields{{{VIR_NETWORK_PORT_BANDWIDTH_IN_AVERAGE, VIR_TYPED_PARAM_UINT},
                                           {VIR_NETWORK_PORT_BANDWIDTH_IN_BURST, VIR_TYPED_PARAM_UINT},
                                           {VIR_NETWORK_PORT_BANDWIDTH_IN_FLOOR, VIR_TYPED_PARAM_UINT},
                                           {VIR_NETWORK_PORT_BANDWIDTH_IN_PEAK, VIR_TYPED_PARAM_UINT},
                                           {VIR_NETWORK_PORT_BANDWIDTH_OUT_AVERAGE, VIR_TYPED_PARAM_UINT},
                                           {VIR_NETWORK_PORT_BANDWIDTH_OUT_BURST, VIR_TYPED_PARAM_UINT},
                                           {VIR_NETWORK_PORT_BANDWIDTH_OUT_PEAK, VIR_TYPED_PARAM_UINT}}};

}  // namespace

void bindNetworkPort(Table& table) {
  table.def("virNetworkListAllPorts(network, flags)", listOf(virNetworkListAllPorts), quick);
  table.def("virNetworkPortLookupByUUID(net, uuid)", byUUID(virNetworkPortLookupByUUID), quick);
  table.def("virNetworkPortLookupByUUIDString(net, uuidstr)", virNetworkPortLookupByUUIDString, quick);
  table.def("virNetworkPortCreateXML(net, xmldesc, flags)", virNetworkPortCreateXML);

  table.def("virNetworkPortGetUUID(port)", uuidOf(virNetworkPortGetUUID), local);
  table.def("virNetworkPortGetUUIDString(port)", uuidStringOf(virNetworkPortGetUUIDString), local);
  table.def("virNetworkPortGetXMLDesc(port, flags)", virNetworkPortGetXMLDesc, quick);
  table.def("virNetworkPortGetParameters(port, flags)", allocatedParamsOf(virNetworkPortGetParameters));
  table.def("virNetworkPortSetParameters(port, params, flags)", paramsTo<portFields>(virNetworkPortSetParameters));
  table.def("virNetworkPortDelete(port, flags)", virNetworkPortDelete);
}

}  // namespace libvirt_napi
