#include <libvirt/libvirt.h>

#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

void bindDomainCheckpoint(Table& table) {
  table.def("virDomainCheckpointCreateXML(domain, xmlDesc, flags)", virDomainCheckpointCreateXML);
  table.def("virDomainListAllCheckpoints(domain, flags)", listOf(virDomainListAllCheckpoints), quick);
  table.def("virDomainCheckpointLookupByName(domain, name, flags)", virDomainCheckpointLookupByName, quick);

  table.def("virDomainCheckpointGetName(checkpoint)", virDomainCheckpointGetName, local);
  table.def("virDomainCheckpointGetXMLDesc(checkpoint, flags)", virDomainCheckpointGetXMLDesc);
  table.def("virDomainCheckpointGetParent(checkpoint, flags)", virDomainCheckpointGetParent, quick);
  table.def("virDomainCheckpointListAllChildren(checkpoint, flags)", listOf(virDomainCheckpointListAllChildren), quick);
  table.def("virDomainCheckpointDelete(checkpoint, flags)", virDomainCheckpointDelete);
}

}  // namespace libvirt_napi
