// What a domain's interfaces, disks, memory and file systems report.
#include <libvirt/libvirt.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Address {
  int type;
  std::string addr;
  unsigned prefix;
};

struct Interface {
  std::string name;
  std::optional<std::string> hwaddr;
  std::vector<Address> addrs;
};

struct FileSystem {
  std::string mountpoint;
  std::string name;
  std::optional<std::string> fstype;
  std::vector<std::string> devAlias;
};

}  // namespace

template <>
struct Encode<Address> {
  static Napi::Value make(Napi::Env env, const Address& address) {
    return fields(env, "type", address.type, "addr", address.addr, "prefix", address.prefix);
  }
};

template <>
struct Encode<Interface> {
  static Napi::Value make(Napi::Env env, const Interface& interface) {
    return fields(env, "name", interface.name, "hwaddr", interface.hwaddr, "addrs", interface.addrs);
  }
};

template <>
struct Encode<FileSystem> {
  static Napi::Value make(Napi::Env env, const FileSystem& fs) {
    return fields(env, "mountpoint", fs.mountpoint, "name", fs.name, "fstype", fs.fstype, "devAlias", fs.devAlias);
  }
};

template <>
struct Encode<virDomainInterfaceStatsStruct> {
  static Napi::Value make(Napi::Env env, const virDomainInterfaceStatsStruct& stats) {
    return fields(env, "rx_bytes", stats.rx_bytes, "rx_packets", stats.rx_packets, "rx_errs", stats.rx_errs, "rx_drop",
                  stats.rx_drop, "tx_bytes", stats.tx_bytes, "tx_packets", stats.tx_packets, "tx_errs", stats.tx_errs,
                  "tx_drop", stats.tx_drop);
  }
};

template <>
struct Encode<virDomainMemoryStatStruct> {
  static Napi::Value make(Napi::Env env, const virDomainMemoryStatStruct& stat) {
    return fields(env, "tag", stat.tag, "val", stat.val);
  }
};

template <>
struct Encode<virDomainBlockInfo> {
  static Napi::Value make(Napi::Env env, const virDomainBlockInfo& info) {
    return fields(env, "capacity", info.capacity, "allocation", info.allocation, "physical", info.physical);
  }
};

namespace {

std::vector<Interface> interfaceAddresses(virDomainPtr domain, unsigned source, unsigned flags) {
  virDomainInterfacePtr* found = nullptr;
  const int count = check(virDomainInterfaceAddresses(domain, &found, source, flags));
  return copyAll(found, count, virDomainInterfaceFree, [](const virDomainInterface& one) {
    Interface interface {
      one.name, optionalText(one.hwaddr), {}
    };
    for (unsigned i = 0; i < one.naddrs; ++i) {
      interface.addrs.push_back({one.addrs[i].type, one.addrs[i].addr, one.addrs[i].prefix});
    }
    return interface;
  });
}

virDomainInterfaceStatsStruct interfaceStats(virDomainPtr domain, const char* device) {
  virDomainInterfaceStatsStruct stats{};
  check(virDomainInterfaceStats(domain, device, &stats, sizeof(stats)));
  return stats;
}

std::vector<virDomainMemoryStatStruct> memoryStats(virDomainPtr domain, unsigned nrStats, unsigned flags) {
  // No driver has more tags than libvirt numbers; a huge count must not become a huge allocation.
  constexpr unsigned most = 1024;
  const unsigned room = std::min(nrStats, most);
  std::vector<virDomainMemoryStatStruct> stats(room);
  stats.resize(static_cast<std::size_t>(check(virDomainMemoryStats(domain, stats.data(), room, flags))));
  return stats;
}

virDomainBlockInfo blockInfo(virDomainPtr domain, const char* disk, unsigned flags) {
  virDomainBlockInfo info{};
  check(virDomainGetBlockInfo(domain, disk, &info, flags));
  return info;
}

std::vector<FileSystem> fileSystems(virDomainPtr domain, unsigned flags) {
  virDomainFSInfoPtr* found = nullptr;
  const int count = check(virDomainGetFSInfo(domain, &found, flags));
  return copyAll(found, count, virDomainFSInfoFree, [](const virDomainFSInfo& one) {
    FileSystem fs{one.mountpoint, one.name, optionalText(one.fstype), {}};
    for (std::size_t i = 0; i < one.ndevAlias; ++i) {
      fs.devAlias.emplace_back(textOrEmpty(one.devAlias[i]));
    }
    return fs;
  });
}

}  // namespace

void bindDomainDevices(Table& table) {
  table.def("virDomainInterfaceAddresses(domain, source, flags)", interfaceAddresses);
  table.def("virDomainInterfaceStats(domain, device)", interfaceStats);
  table.def("virDomainMemoryStats(domain, nr_stats, flags)", memoryStats);
  table.def("virDomainGetBlockInfo(domain, disk, flags)", blockInfo);
  table.def("virDomainGetFSInfo(domain, flags)", fileSystems);
}

}  // namespace libvirt_napi
