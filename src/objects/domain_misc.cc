// Metadata, devices, descriptors, the older ways of listing, and what belongs nowhere else.
#include <libvirt/libvirt.h>

#include <string>
#include <vector>

#include "../core/descriptor.h"
#include "../core/names.h"
#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/fields.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

std::vector<int> domainIDs(virConnectPtr conn, int maxids) {
  return listInto<int>(maxids, [&](int* ids, int room) { return virConnectListDomains(conn, ids, room); });
}

std::vector<std::string> definedDomains(virConnectPtr conn, int maxnames) {
  return namesFrom(maxnames, [&](char** names, int room) { return virConnectListDefinedDomains(conn, names, room); });
}

// The descriptors are the call's own; libvirt duplicates those that it passes on or keeps.
using Descriptors = std::vector<Descriptor>;

int createWithFiles(virDomainPtr domain, const Descriptors& files, unsigned flags) {
  auto numbers = numbersOf(files);
  return virDomainCreateWithFiles(domain, static_cast<unsigned>(numbers.size()), numbers.data(), flags);
}

virDomainPtr createXMLWithFiles(virConnectPtr conn, const char* xmlDesc, const Descriptors& files, unsigned flags) {
  auto numbers = numbersOf(files);
  return virDomainCreateXMLWithFiles(conn, xmlDesc, static_cast<unsigned>(numbers.size()), numbers.data(), flags);
}

int associate(virDomainPtr domain, const char* name, const Descriptors& fds, unsigned flags) {
  auto numbers = numbersOf(fds);
  return virDomainFDAssociate(domain, name, static_cast<unsigned>(numbers.size()), numbers.data(), flags);
}

int openGraphics(virDomainPtr dom, unsigned idx, const Descriptor& fd, unsigned flags) {
  return virDomainOpenGraphics(dom, idx, fd.number(), flags);
}

Descriptor openGraphicsFD(virDomainPtr dom, unsigned idx, unsigned flags) {
  return Descriptor(check(virDomainOpenGraphicsFD(dom, idx, flags)));
}

int announce(virDomainPtr dom, const char* device, const Params<wire::announceInterface>& params, unsigned flags) {
  return virDomainAnnounceInterface(dom, device, params.data(), params.size(), flags);
}

}  // namespace

void bindDomainMisc(Table& table) {
  table.def("virConnectNumOfDomains(conn)", virConnectNumOfDomains, as<int>, quick);
  table.def("virConnectListDomains(conn, maxids)", domainIDs, quick);
  table.def("virConnectNumOfDefinedDomains(conn)", virConnectNumOfDefinedDomains, as<int>, quick);
  table.def("virConnectListDefinedDomains(conn, maxnames)", definedDomains, quick);
  table.def("virConnectDomainXMLFromNative(conn, nativeFormat, nativeConfig, flags)", virConnectDomainXMLFromNative);
  table.def("virConnectDomainXMLToNative(conn, nativeFormat, domainXml, flags)", virConnectDomainXMLToNative);
  table.def("virDomainCreateLinux(conn, xmlDesc, flags)", virDomainCreateLinux);
  table.def("virDomainCreateXMLWithFiles(conn, xmlDesc, files, flags)", createXMLWithFiles);
  table.def("virDomainCreateWithFiles(domain, files, flags)", createWithFiles);
  table.def("virDomainFDAssociate(domain, name, fds, flags)", associate);

  table.def("virDomainGetMetadata(domain, type, uri?, flags)", virDomainGetMetadata, quick);
  table.def("virDomainSetMetadata(domain, type, metadata?, key?, uri?, flags)", virDomainSetMetadata);
  table.def("virDomainRename(dom, new_name, flags)", virDomainRename);
  table.def("virDomainGetAutostartOnce(domain)", outOf<bool>(virDomainGetAutostartOnce), quick);
  table.def("virDomainSetAutostartOnce(domain, autostart)", switchOf(virDomainSetAutostartOnce));
  table.def("virDomainSetLifecycleAction(domain, type, action, flags)", virDomainSetLifecycleAction);
  table.def("virDomainStartDirtyRateCalc(domain, seconds, flags)", virDomainStartDirtyRateCalc);

  table.def("virDomainAttachDevice(domain, xml)", virDomainAttachDevice);
  table.def("virDomainAttachDeviceFlags(domain, xml, flags)", virDomainAttachDeviceFlags);
  table.def("virDomainUpdateDeviceFlags(domain, xml, flags)", virDomainUpdateDeviceFlags);
  table.def("virDomainDetachDevice(domain, xml)", virDomainDetachDevice);
  table.def("virDomainDetachDeviceFlags(domain, xml, flags)", virDomainDetachDeviceFlags);
  table.def("virDomainDetachDeviceAlias(domain, alias, flags)", virDomainDetachDeviceAlias);
  table.def("virDomainAnnounceInterface(dom, device?, params?, flags)", announce);

  table.def("virDomainOpenGraphics(dom, idx, fd, flags)", openGraphics);
  table.def("virDomainOpenGraphicsFD(dom, idx, flags)", openGraphicsFD);
  table.def("virDomainGraphicsReload(domain, type, flags)", virDomainGraphicsReload);
}

}  // namespace libvirt_napi
