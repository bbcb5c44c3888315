#include <libvirt/libvirt.h>

#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct State {
  int state;
  int reason;
};

}  // namespace

template <>
struct Encode<State> {
  static Napi::Value make(Napi::Env env, const State& state) {
    return fields(env, "state", state.state, "reason", state.reason);
  }
};

template <>
struct Encode<virDomainInfo> {
  static Napi::Value make(Napi::Env env, const virDomainInfo& info) {
    return fields(env, "state", static_cast<int>(info.state), "maxMem", info.maxMem, "memory", info.memory, "nrVirtCpu",
                  info.nrVirtCpu, "cpuTime", info.cpuTime);
  }
};

namespace {

// All ones means "not running" and "failed" alike. No int: that would be taken for a status.
long id(virDomainPtr domain) {
  forgetLastError();
  const unsigned value = virDomainGetID(domain);
  if (value != static_cast<unsigned>(-1)) {
    return value;
  }
  checkLastError();
  return -1;
}

State state(virDomainPtr domain, unsigned flags) {
  State now{};
  check(virDomainGetState(domain, &now.state, &now.reason, flags));
  return now;
}

}  // namespace

void bindDomain(Table& table) {
  table.def("virConnectListAllDomains(conn, flags)", listOf(virConnectListAllDomains), quick);
  table.def("virDomainLookupByID(conn, id)", virDomainLookupByID, quick);
  table.def("virDomainLookupByName(conn, name)", virDomainLookupByName, quick);
  table.def("virDomainLookupByUUID(conn, uuid)", byUUID(virDomainLookupByUUID), quick);
  table.def("virDomainLookupByUUIDString(conn, uuidstr)", virDomainLookupByUUIDString, quick);
  table.def("virDomainDefineXML(conn, xml)", virDomainDefineXML);
  table.def("virDomainDefineXMLFlags(conn, xml, flags)", virDomainDefineXMLFlags);
  table.def("virDomainCreateXML(conn, xmlDesc, flags)", virDomainCreateXML);

  table.def("virDomainGetName(domain)", virDomainGetName, local);
  table.def("virDomainGetUUID(domain)", uuidOf(virDomainGetUUID), local);
  table.def("virDomainGetUUIDString(domain)", uuidStringOf(virDomainGetUUIDString), local);
  table.def("virDomainGetID(domain)", id, local);
  table.def("virDomainCreate(domain)", virDomainCreate);
  table.def("virDomainCreateWithFlags(domain, flags)", virDomainCreateWithFlags);
  table.def("virDomainSuspend(domain)", virDomainSuspend);
  table.def("virDomainResume(domain)", virDomainResume);
  table.def("virDomainShutdown(domain)", virDomainShutdown);
  table.def("virDomainShutdownFlags(domain, flags)", virDomainShutdownFlags);
  table.def("virDomainReboot(domain, flags)", virDomainReboot);
  table.def("virDomainReset(domain, flags)", virDomainReset);
  table.def("virDomainDestroy(domain)", virDomainDestroy, quick);
  table.def("virDomainDestroyFlags(domain, flags)", virDomainDestroyFlags, quick);
  table.def("virDomainUndefine(domain)", virDomainUndefine);
  table.def("virDomainUndefineFlags(domain, flags)", virDomainUndefineFlags);
  table.def("virDomainGetXMLDesc(domain, flags)", virDomainGetXMLDesc, quick);
  table.def("virDomainGetInfo(domain)", outOf<virDomainInfo>(virDomainGetInfo), quick);
  table.def("virDomainGetState(domain, flags)", state, quick);
  table.def("virDomainGetOSType(domain)", virDomainGetOSType, quick);
  table.def("virDomainGetAutostart(domain)", outOf<bool>(virDomainGetAutostart), quick);
  table.def("virDomainSetAutostart(domain, autostart)", switchOf(virDomainSetAutostart));
  table.def("virDomainIsActive(domain)", virDomainIsActive, as<bool>, quick);
  table.def("virDomainIsPersistent(domain)", virDomainIsPersistent, as<bool>, quick);
  table.def("virDomainIsUpdated(domain)", virDomainIsUpdated, as<bool>, quick);
}

}  // namespace libvirt_napi
