// A domain's virtual CPUs, its other threads, and where they may run.
#include <libvirt/libvirt.h>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/fields.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Vcpus {
  std::vector<virVcpuInfo> info;
  std::vector<CPUMap> cpumaps;
};

struct EmulatorPin {
  bool pinned;
  CPUMap cpumap;
};

struct IOThread {
  unsigned id;
  CPUMap cpumap;
};

// C's return value where that is all, else the parameters of each CPU.
struct CPUStats {
  int value;
  bool counted;
  std::vector<TypedParams> cpus;
};

}  // namespace

template <>
struct Encode<virVcpuInfo> {
  static Napi::Value make(Napi::Env env, const virVcpuInfo& info) {
    return fields(env, "number", info.number, "state", info.state, "cpuTime", info.cpuTime, "cpu", info.cpu);
  }
};

template <>
struct Encode<Vcpus> {
  static Napi::Value make(Napi::Env env, const Vcpus& vcpus) {
    return fields(env, "info", vcpus.info, "cpumaps", vcpus.cpumaps);
  }
};

template <>
struct Encode<EmulatorPin> {
  static Napi::Value make(Napi::Env env, const EmulatorPin& pin) {
    return fields(env, "pinned", pin.pinned, "cpumap", pin.cpumap);
  }
};

template <>
struct Encode<IOThread> {
  static Napi::Value make(Napi::Env env, const IOThread& thread) {
    return fields(env, "iothread_id", thread.id, "cpumap", thread.cpumap);
  }
};

template <>
struct Encode<CPUStats> {
  static Napi::Value make(Napi::Env env, const CPUStats& stats) {
    return stats.counted ? encode(env, stats.value) : encode(env, stats.cpus);
  }
};

namespace {

// Sizes are the caller's word: what no host has must not become a huge allocation.
constexpr int mostVcpus = 16384;
constexpr int mostMapBytes = 8192;

// The maps of several threads in one buffer, as C has them.
class Maps {
 public:
  Maps(int count, int bytesEach)
      : bytesEach_(static_cast<std::size_t>(bytesEach)), bytes_(static_cast<std::size_t>(count) * bytesEach_) {}

  // Null asks C for no maps.
  [[nodiscard]] unsigned char* data() { return bytes_.empty() ? nullptr : bytes_.data(); }
  [[nodiscard]] int bytesEach() const { return static_cast<int>(bytesEach_); }

  [[nodiscard]] std::vector<CPUMap> first(int count) const {
    std::vector<CPUMap> maps;
    for (std::size_t i = 0; !bytes_.empty() && i < static_cast<std::size_t>(count); ++i) {
      maps.emplace_back(bytes_.data() + i * bytesEach_, bytesEach_);
    }
    return maps;
  }

 private:
  std::size_t bytesEach_;
  std::vector<unsigned char> bytes_;
};

Vcpus vcpus(virDomainPtr domain, int maxinfo, int maplen) {
  const int room = std::clamp(maxinfo, 0, mostVcpus);
  Maps maps(room, std::clamp(maplen, 0, mostMapBytes));
  std::vector<virVcpuInfo> info(static_cast<std::size_t>(room));
  const int count = check(virDomainGetVcpus(domain, info.data(), room, maps.data(), maps.bytesEach()));
  info.resize(static_cast<std::size_t>(count));
  return {std::move(info), maps.first(count)};
}

std::vector<CPUMap> vcpuPinInfo(virDomainPtr domain, int ncpumaps, int maplen, unsigned flags) {
  const int room = std::clamp(ncpumaps, 0, mostVcpus);
  Maps maps(room, std::clamp(maplen, 0, mostMapBytes));
  return maps.first(check(virDomainGetVcpuPinInfo(domain, room, maps.data(), maps.bytesEach(), flags)));
}

EmulatorPin emulatorPinInfo(virDomainPtr domain, int maplen, unsigned flags) {
  CPUMap map(static_cast<std::size_t>(std::clamp(maplen, 0, mostMapBytes)));
  const bool pinned = check(virDomainGetEmulatorPinInfo(domain, map.data(), map.size(), flags)) != 0;
  return {pinned, std::move(map)};
}

// libvirt only reads the map.
unsigned char* bits(const CPUMap& map) {
  return const_cast<unsigned char*>(map.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

int pinVcpu(virDomainPtr domain, unsigned vcpu, const CPUMap& cpumap) {
  return virDomainPinVcpu(domain, vcpu, bits(cpumap), cpumap.size());
}

int pinVcpuFlags(virDomainPtr domain, unsigned vcpu, const CPUMap& cpumap, unsigned flags) {
  return virDomainPinVcpuFlags(domain, vcpu, bits(cpumap), cpumap.size(), flags);
}

int pinEmulator(virDomainPtr domain, const CPUMap& cpumap, unsigned flags) {
  return virDomainPinEmulator(domain, bits(cpumap), cpumap.size(), flags);
}

int pinIOThread(virDomainPtr domain, unsigned id, const CPUMap& cpumap, unsigned flags) {
  return virDomainPinIOThread(domain, id, bits(cpumap), cpumap.size(), flags);
}

std::vector<IOThread> ioThreadInfo(virDomainPtr domain, unsigned flags) {
  virDomainIOThreadInfoPtr* found = nullptr;
  const int count = check(virDomainGetIOThreadInfo(domain, &found, flags));
  return copyAll(found, count, virDomainIOThreadInfoFree, [](const virDomainIOThreadInfo& one) {
    return IOThread{one.iothread_id, CPUMap(one.cpumap, static_cast<std::size_t>(one.cpumaplen))};
  });
}

int setIOThreadParams(virDomainPtr domain, unsigned id, const Params<wire::iothread>& params, unsigned flags) {
  return virDomainSetIOThreadParams(domain, id, params.data(), params.size(), flags);
}

// A row of `room` parameters for each CPU; a CPU that is off has none.
std::vector<TypedParams> rowsOf(TypedParams& all, int room, unsigned rows) {
  std::vector<TypedParams> kept;
  for (unsigned row = 0; row < rows; ++row) {
    TypedParams one(room);
    *one.room() = 0;
    for (int i = 0; i < room; ++i) {
      auto& param =
          all.data()[static_cast<std::size_t>(row) * static_cast<std::size_t>(room) + static_cast<std::size_t>(i)];
      if (param.type != 0) {
        one.data()[(*one.room())++] = std::exchange(param, virTypedParameter{});
      }
    }
    kept.push_back(std::move(one));
  }
  return kept;
}

CPUStats cpuStats(virDomainPtr domain, unsigned nparams, int startCPU, unsigned ncpus, unsigned flags) {
  if (nparams == 0) {
    return {check(virDomainGetCPUStats(domain, nullptr, 0, startCPU, ncpus, flags)), true, {}};
  }
  // More than any driver has; the remote one refuses more than 16 and 128.
  constexpr unsigned mostParams = 64;
  constexpr unsigned mostCPUs = 4096;
  const unsigned room = std::min(nparams, mostParams);
  const unsigned rows = std::min(ncpus, mostCPUs);
  TypedParams all(static_cast<int>(room * rows));
  check(virDomainGetCPUStats(domain, all.data(), room, startCPU, rows, flags));
  return {0, false, rowsOf(all, static_cast<int>(room), rows)};
}

int setVcpu(virDomainPtr domain, const char* vcpumap, bool state, unsigned flags) {
  return virDomainSetVcpu(domain, vcpumap, state ? 1 : 0, flags);
}

int setGuestVcpus(virDomainPtr domain, const char* cpumap, bool state, unsigned flags) {
  return virDomainSetGuestVcpus(domain, cpumap, state ? 1 : 0, flags);
}

}  // namespace

void bindDomainVcpu(Table& table) {
  table.def("virDomainGetVcpus(domain, maxinfo, maplen)", vcpus);
  table.def("virDomainGetVcpusFlags(domain, flags)", virDomainGetVcpusFlags, as<int>);
  table.def("virDomainGetMaxVcpus(domain)", virDomainGetMaxVcpus, as<int>, quick);
  table.def("virDomainSetVcpus(domain, nvcpus)", virDomainSetVcpus);
  table.def("virDomainSetVcpusFlags(domain, nvcpus, flags)", virDomainSetVcpusFlags);
  table.def("virDomainSetVcpu(domain, vcpumap, state, flags)", setVcpu);
  table.def("virDomainPinVcpu(domain, vcpu, cpumap)", pinVcpu);
  table.def("virDomainPinVcpuFlags(domain, vcpu, cpumap, flags)", pinVcpuFlags);
  table.def("virDomainGetVcpuPinInfo(domain, ncpumaps, maplen, flags)", vcpuPinInfo);
  table.def("virDomainPinEmulator(domain, cpumap, flags)", pinEmulator);
  table.def("virDomainGetEmulatorPinInfo(domain, maplen, flags)", emulatorPinInfo);
  table.def("virDomainGetIOThreadInfo(dom, flags)", ioThreadInfo);
  table.def("virDomainPinIOThread(domain, iothread_id, cpumap, flags)", pinIOThread);
  table.def("virDomainAddIOThread(domain, iothread_id, flags)", virDomainAddIOThread);
  table.def("virDomainDelIOThread(domain, iothread_id, flags)", virDomainDelIOThread);
  table.def("virDomainSetIOThreadParams(domain, iothread_id, params, flags)", setIOThreadParams);
  table.def("virDomainGetCPUStats(domain, nparams, start_cpu, ncpus, flags)", cpuStats);
  table.def("virDomainGetGuestVcpus(domain, flags)", allocatedParamsOf(virDomainGetGuestVcpus));
  table.def("virDomainSetGuestVcpus(domain, cpumap, state, flags)", setGuestVcpus);
}

}  // namespace libvirt_napi
