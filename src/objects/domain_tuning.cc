// What limits and weighs a domain: memory, CPU time, disks, interfaces, launch security.
#include <libvirt/libvirt.h>

#include <memory>
#include <string>

#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../generated/fields.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct SchedulerType {
  std::string type;
  int nparams;
};

}  // namespace

template <>
struct Encode<SchedulerType> {
  static Napi::Value make(Napi::Env env, const SchedulerType& scheduler) {
    return fields(env, "type", scheduler.type, "nparams", scheduler.nparams);
  }
};

namespace {

// Its error value is 0.
unsigned long maxMemory(virDomainPtr domain) {
  forgetLastError();
  const unsigned long memory = virDomainGetMaxMemory(domain);
  if (memory == 0) {
    checkLastError();
  }
  return memory;
}

SchedulerType schedulerType(virDomainPtr domain) {
  int count = 0;
  const std::unique_ptr<char, FreeMemory> type(check(virDomainGetSchedulerType(domain, &count)));
  return {type.get(), count};
}

// The one getter that refuses to say how many parameters there are.
template <class Get>
TypedParams schedulerParameters(virDomainPtr domain, Get get) {
  return askedTwice(
      [&](int* count) {
        *count = schedulerType(domain).nparams;
        return 0;
      },
      [](int count) { return TypedParams(count); },
      [&](TypedParams& params) { return get(params.data(), params.room()); });
}

TypedParams scheduler(virDomainPtr domain) {
  return schedulerParameters(domain, [&](virTypedParameterPtr params, int* count) {
    return virDomainGetSchedulerParameters(domain, params, count);
  });
}

TypedParams schedulerFlags(virDomainPtr domain, unsigned flags) {
  return schedulerParameters(domain, [&](virTypedParameterPtr params, int* count) {
    return virDomainGetSchedulerParametersFlags(domain, params, count, flags);
  });
}

int setScheduler(virDomainPtr domain, const Params<wire::scheduler>& params) {
  return virDomainSetSchedulerParameters(domain, params.data(), params.size());
}

// int f(domain, device, params, &nparams, flags), first asked how many there are.
auto deviceParamsOf(int (*f)(virDomainPtr, const char*, virTypedParameterPtr, int*, unsigned)) {
  return [f](virDomainPtr domain, const char* device, unsigned flags) {
    return askedTwice([&](int* count) { return f(domain, device, nullptr, count, flags); },
                      [](int count) { return TypedParams(count); },
                      [&](TypedParams& params) { return f(domain, device, params.data(), params.room(), flags); });
  };
}

// int f(domain, device, params, nparams, flags)
template <const auto& Table>
auto deviceParamsTo(int (*f)(virDomainPtr, const char*, virTypedParameterPtr, int, unsigned)) {
  return [f](virDomainPtr domain, const char* device, const Params<Table>& params, unsigned flags) {
    return f(domain, device, params.data(), params.size(), flags);
  };
}

}  // namespace

void bindDomainTuning(Table& table) {
  table.def("virDomainGetMaxMemory(domain)", maxMemory, quick);
  table.def("virDomainSetMaxMemory(domain, memory)", virDomainSetMaxMemory);
  table.def("virDomainSetMemory(domain, memory)", virDomainSetMemory);
  table.def("virDomainSetMemoryFlags(domain, memory, flags)", virDomainSetMemoryFlags);
  table.def("virDomainSetMemoryStatsPeriod(domain, period, flags)", virDomainSetMemoryStatsPeriod);

  table.def("virDomainGetSchedulerType(domain)", schedulerType);
  table.def("virDomainGetSchedulerParameters(domain)", scheduler);
  table.def("virDomainGetSchedulerParametersFlags(domain, flags)", schedulerFlags);
  table.def("virDomainSetSchedulerParameters(domain, params)", setScheduler);
  table.def("virDomainSetSchedulerParametersFlags(domain, params, flags)",
            paramsTo<wire::scheduler>(virDomainSetSchedulerParametersFlags));
  table.def("virDomainGetBlkioParameters(domain, flags)", paramsOf(virDomainGetBlkioParameters));
  table.def("virDomainSetBlkioParameters(domain, params, flags)", paramsTo<wire::blkio>(virDomainSetBlkioParameters));
  table.def("virDomainGetMemoryParameters(domain, flags)", paramsOf(virDomainGetMemoryParameters));
  table.def("virDomainSetMemoryParameters(domain, params, flags)",
            paramsTo<wire::memory>(virDomainSetMemoryParameters));
  table.def("virDomainGetNumaParameters(domain, flags)", paramsOf(virDomainGetNumaParameters));
  table.def("virDomainSetNumaParameters(domain, params, flags)", paramsTo<wire::numa>(virDomainSetNumaParameters));
  table.def("virDomainGetInterfaceParameters(domain, device, flags)", deviceParamsOf(virDomainGetInterfaceParameters));
  table.def("virDomainSetInterfaceParameters(domain, device, params, flags)",
            deviceParamsTo<wire::interfaceBandwidth>(virDomainSetInterfaceParameters));
  table.def("virDomainGetBlockIoTune(dom, disk, flags)", deviceParamsOf(virDomainGetBlockIoTune));
  table.def("virDomainSetBlockIoTune(dom, disk, params, flags)",
            deviceParamsTo<wire::blockIoTune>(virDomainSetBlockIoTune));
  table.def("virDomainSetThrottleGroup(dom, group, params, flags)",
            deviceParamsTo<wire::blockIoTune>(virDomainSetThrottleGroup));
  table.def("virDomainDelThrottleGroup(dom, group, flags)", virDomainDelThrottleGroup);
  table.def("virDomainGetPerfEvents(domain, flags)", allocatedParamsOf(virDomainGetPerfEvents));
  table.def("virDomainSetPerfEvents(domain, params, flags)", paramsTo<wire::perf>(virDomainSetPerfEvents));
  table.def("virDomainGetLaunchSecurityInfo(domain, flags)", allocatedParamsOf(virDomainGetLaunchSecurityInfo));
  table.def("virDomainSetLaunchSecurityState(domain, params, flags)",
            paramsTo<wire::launchSecurity>(virDomainSetLaunchSecurityState));
}

}  // namespace libvirt_napi
