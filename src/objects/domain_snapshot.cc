#include <libvirt/libvirt.h>

#include "../core/names.h"
#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// int f(parent, char** names, int nameslen, unsigned flags)
template <class P>
auto namesOf(int (*f)(P*, char**, int, unsigned)) {
  return [f](P* parent, int nameslen, unsigned flags) {
    return namesFrom(nameslen, [&](char** names, int room) { return f(parent, names, room, flags); });
  };
}

}  // namespace

void bindDomainSnapshot(Table& table) {
  table.def("virDomainSnapshotCreateXML(domain, xmlDesc, flags)", virDomainSnapshotCreateXML);
  table.def("virDomainListAllSnapshots(domain, flags)", listOf(virDomainListAllSnapshots), quick);
  table.def("virDomainSnapshotNum(domain, flags)", virDomainSnapshotNum, as<int>, quick);
  table.def("virDomainSnapshotListNames(domain, nameslen, flags)", namesOf(virDomainSnapshotListNames), quick);
  table.def("virDomainSnapshotLookupByName(domain, name, flags)", virDomainSnapshotLookupByName, quick);
  table.def("virDomainHasCurrentSnapshot(domain, flags)", virDomainHasCurrentSnapshot, as<bool>, quick);
  table.def("virDomainSnapshotCurrent(domain, flags)", virDomainSnapshotCurrent, quick);

  table.def("virDomainSnapshotGetName(snapshot)", virDomainSnapshotGetName, local);
  table.def("virDomainSnapshotGetXMLDesc(snapshot, flags)", virDomainSnapshotGetXMLDesc, quick);
  table.def("virDomainSnapshotGetParent(snapshot, flags)", virDomainSnapshotGetParent, quick);
  table.def("virDomainSnapshotListAllChildren(snapshot, flags)", listOf(virDomainSnapshotListAllChildren), quick);
  table.def("virDomainSnapshotNumChildren(snapshot, flags)", virDomainSnapshotNumChildren, as<int>, quick);
  table.def("virDomainSnapshotListChildrenNames(snapshot, nameslen, flags)",
            namesOf(virDomainSnapshotListChildrenNames), quick);
  table.def("virDomainSnapshotIsCurrent(snapshot, flags)", virDomainSnapshotIsCurrent, as<bool>, quick);
  table.def("virDomainSnapshotHasMetadata(snapshot, flags)", virDomainSnapshotHasMetadata, as<bool>, quick);
  table.def("virDomainRevertToSnapshot(snapshot, flags)", virDomainRevertToSnapshot);
  table.def("virDomainSnapshotDelete(snapshot, flags)", virDomainSnapshotDelete);
}

}  // namespace libvirt_napi
