// The host: its CPUs, memory, pages, and what the hypervisor makes of its CPUs.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "../core/memory.h"
#include "../core/names.h"
#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/fields.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct CPUs {
  int total;
  CPUMap cpumap;
  unsigned online;
};

struct Stat {
  std::string field;
  unsigned long long value;
};

}  // namespace

template <>
struct Encode<CPUs> {
  static Napi::Value make(Napi::Env env, const CPUs& cpus) {
    return fields(env, "total", cpus.total, "cpumap", cpus.cpumap, "online", cpus.online);
  }
};

template <>
struct Encode<Stat> {
  static Napi::Value make(Napi::Env env, const Stat& stat) {
    return fields(env, "field", stat.field, "value", stat.value);
  }
};

template <>
struct Encode<virSecurityModel> {
  static Napi::Value make(Napi::Env env, const virSecurityModel& model) {
    return fields(env, "model", std::string(&model.model[0]), "doi", std::string(&model.doi[0]));
  }
};

namespace {

// More than libvirt's protocol lets through; a huge count must not become a huge allocation.
constexpr int mostCells = 4096;

CPUs cpuMap(virConnectPtr conn, unsigned flags) {
  unsigned char* map = nullptr;
  unsigned online = 0;
  const int total = check(virNodeGetCPUMap(conn, &map, &online, flags));
  const std::unique_ptr<unsigned char, FreeMemory> owner(map);
  // A daemon may send less of a map than the number of CPUs that it tells would need.
  const auto bytes = std::min(VIR_CPU_MAPLEN(static_cast<std::size_t>(total)), roomOf(map));
  return {total, CPUMap(map, bytes), online};
}

// int f(conn, number, stats, &count, flags), first asked how many there are.
template <class Struct>
auto statsOf(int (*f)(virConnectPtr, int, Struct*, int*, unsigned)) {
  return [f](virConnectPtr conn, int number, unsigned flags) {
    int count = 0;
    const auto found =
        askedTwice([&](int* many) { return f(conn, number, nullptr, many, flags); },
                   [&](int many) {
                     count = many;
                     return std::vector<Struct>(static_cast<std::size_t>(std::max(many, 0)));
                   },
                   [&](std::vector<Struct>& room) { return f(conn, number, room.data(), &count, flags); });
    std::vector<Stat> stats;
    for (const auto& one : found) {
      if (stats.size() < static_cast<std::size_t>(count)) {  // there may be fewer by now
        stats.push_back({&one.field[0], one.value});
      }
    }
    return stats;
  };
}

// No host has 0 bytes free: it means that it failed.
unsigned long long freeMemory(virConnectPtr conn) {
  forgetLastError();
  const unsigned long long bytes = virNodeGetFreeMemory(conn);
  if (bytes == 0) {
    checkLastError();
  }
  return bytes;
}

std::vector<unsigned long long> cellsFreeMemory(virConnectPtr conn, int startCell, int maxCells) {
  const int room = std::min(maxCells, mostCells);
  std::vector<unsigned long long> bytes(static_cast<std::size_t>(std::max(room, 1)));
  bytes.resize(static_cast<std::size_t>(check(virNodeGetCellsFreeMemory(conn, bytes.data(), startCell, room))));
  return bytes;
}

// One count for each size of each cell: the sizes of the first cell, then those of the next.
std::vector<unsigned long long> freePages(virConnectPtr conn, std::vector<unsigned> pages, int startcell,
                                          unsigned cellcount, unsigned flags) {
  const unsigned cells = std::min(cellcount, static_cast<unsigned>(mostCells));
  const auto npages = static_cast<unsigned>(pages.size());
  std::vector<unsigned long long> counts(std::max<std::size_t>(pages.size() * cells, 1));
  const int filled = check(virNodeGetFreePages(conn, npages, pages.data(), startcell, cells, counts.data(), flags));
  if (filled > 0) {  // the test driver fills them all in and says 0
    counts.resize(static_cast<std::size_t>(filled));
  }
  return counts;
}

int allocPages(virConnectPtr conn, std::vector<unsigned> pageSizes, std::vector<unsigned long long> pageCounts,
               int startCell, unsigned cellCount, unsigned flags) {
  if (pageSizes.size() != pageCounts.size()) {  // C has one length for both
    throw Failure(ErrorRecord{.code = VIR_ERR_INVALID_ARG,
                              .level = VIR_ERR_ERROR,
                              .message = "invalid argument: as many pageCounts as pageSizes are needed"});
  }
  return virNodeAllocPages(conn, static_cast<unsigned>(pageSizes.size()), pageSizes.data(), pageCounts.data(),
                           startCell, cellCount, flags);
}

std::vector<std::string> modelNames(virConnectPtr conn, const char* arch, unsigned flags) {
  char** models = nullptr;
  const int count = check(virConnectGetCPUModelNames(conn, arch, &models, flags));
  return takeTextArray(models, count);
}

char* baseline(virConnectPtr conn, const TextList& xmlCPUs, unsigned flags) {
  return virConnectBaselineCPU(conn, xmlCPUs.pointers().data(), xmlCPUs.size(), flags);
}

char* baselineForHypervisor(virConnectPtr conn, const char* emulator, const char* arch, const char* machine,
                            const char* virttype, const TextList& xmlCPUs, unsigned flags) {
  return virConnectBaselineHypervisorCPU(conn, emulator, arch, machine, virttype, xmlCPUs.pointers().data(),
                                         xmlCPUs.size(), flags);
}

}  // namespace

void bindHost(Table& table) {
  table.def("virConnectGetDomainCapabilities(conn, emulatorbin?, arch?, machine?, virttype?, flags)",
            virConnectGetDomainCapabilities);
  table.def("virConnectGetSysinfo(conn, flags)", virConnectGetSysinfo);
  table.def("virConnectGetMaxVcpus(conn, type?)", virConnectGetMaxVcpus, as<int>);
  table.def("virConnectGetCPUModelNames(conn, arch, flags)", modelNames);
  table.def("virConnectCompareCPU(conn, xmlDesc, flags)", virConnectCompareCPU, as<int>);
  table.def("virConnectCompareHypervisorCPU(conn, emulator?, arch?, machine?, virttype?, xmlCPU, flags)",
            virConnectCompareHypervisorCPU, as<int>);
  table.def("virConnectBaselineCPU(conn, xmlCPUs, flags)", baseline);
  table.def("virConnectBaselineHypervisorCPU(conn, emulator?, arch?, machine?, virttype?, xmlCPUs, flags)",
            baselineForHypervisor);
  table.def("virConnectSetIdentity(conn, params, flags)", paramsTo<wire::identity>(virConnectSetIdentity));

  table.def("virNodeGetCPUMap(conn, flags)", cpuMap);
  table.def("virNodeGetCPUStats(conn, cpuNum, flags)", statsOf(virNodeGetCPUStats));
  table.def("virNodeGetMemoryStats(conn, cellNum, flags)", statsOf(virNodeGetMemoryStats));
  table.def("virNodeGetFreeMemory(conn)", freeMemory);
  table.def("virNodeGetCellsFreeMemory(conn, startCell, maxCells)", cellsFreeMemory);
  table.def("virNodeGetFreePages(conn, pages, startcell, cellcount, flags)", freePages);
  table.def("virNodeAllocPages(conn, pageSizes, pageCounts, startCell, cellCount, flags)", allocPages, as<int>);
  table.def("virNodeGetMemoryParameters(conn, flags)", paramsOf(virNodeGetMemoryParameters));
  table.def("virNodeSetMemoryParameters(conn, params, flags)", paramsTo<wire::nodeMemory>(virNodeSetMemoryParameters));
  table.def("virNodeGetSEVInfo(conn, flags)", allocatedParamsOf(virNodeGetSEVInfo));
  table.def("virNodeGetSecurityModel(conn)", outOf<virSecurityModel>(virNodeGetSecurityModel));
  table.def("virNodeSuspendForDuration(conn, target, duration, flags)", virNodeSuspendForDuration);
}

}  // namespace libvirt_napi
