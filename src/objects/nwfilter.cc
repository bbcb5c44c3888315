#include <libvirt/libvirt.h>

#include "../core/names.h"
#include "../core/shapes.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

void bindNWFilter(Table& table) {
  table.def("virConnectNumOfNWFilters(conn)", virConnectNumOfNWFilters, as<int>, quick);
  table.def("virConnectListNWFilters(conn, maxnames)", namesOf(virConnectListNWFilters), quick);
  table.def("virConnectListAllNWFilters(conn, flags)", listOf(virConnectListAllNWFilters), quick);
  table.def("virNWFilterLookupByName(conn, name)", virNWFilterLookupByName, quick);
  table.def("virNWFilterLookupByUUID(conn, uuid)", byUUID(virNWFilterLookupByUUID), quick);
  table.def("virNWFilterLookupByUUIDString(conn, uuidstr)", virNWFilterLookupByUUIDString, quick);
  table.def("virNWFilterDefineXML(conn, xmlDesc)", virNWFilterDefineXML);
  table.def("virNWFilterDefineXMLFlags(conn, xmlDesc, flags)", virNWFilterDefineXMLFlags);

  table.def("virNWFilterGetName(nwfilter)", virNWFilterGetName, local);
  table.def("virNWFilterGetUUID(nwfilter)", uuidOf(virNWFilterGetUUID), local);
  table.def("virNWFilterGetUUIDString(nwfilter)", uuidStringOf(virNWFilterGetUUIDString), local);
  table.def("virNWFilterGetXMLDesc(nwfilter, flags)", virNWFilterGetXMLDesc, quick);
  table.def("virNWFilterUndefine(nwfilter)", virNWFilterUndefine);
}

}  // namespace libvirt_napi
