// Disks: what they report, their size and content, and block jobs.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <optional>
#include <string>

#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/fields.h"
#include "objects.h"

namespace libvirt_napi {

template <>
struct Encode<virDomainBlockJobInfo> {
  static Napi::Value make(Napi::Env env, const virDomainBlockJobInfo& info) {
    return fields(env, "type", info.type, "bandwidth", info.bandwidth, "cur", info.cur, "end", info.end);
  }
};

template <>
struct Encode<virDomainBlockStatsStruct> {
  static Napi::Value make(Napi::Env env, const virDomainBlockStatsStruct& stats) {
    return fields(env, "rd_req", stats.rd_req, "rd_bytes", stats.rd_bytes, "wr_req", stats.wr_req, "wr_bytes",
                  stats.wr_bytes, "errs", stats.errs);
  }
};

namespace {

// Nothing is written to the struct when no job runs.
std::optional<virDomainBlockJobInfo> blockJobInfo(virDomainPtr dom, const char* disk, unsigned flags) {
  virDomainBlockJobInfo info{};
  return check(virDomainGetBlockJobInfo(dom, disk, &info, flags)) > 0 ? std::optional(info) : std::nullopt;
}

virDomainBlockStatsStruct blockStats(virDomainPtr dom, const char* disk) {
  virDomainBlockStatsStruct stats{};
  check(virDomainBlockStats(dom, disk, &stats, sizeof(stats)));
  return stats;
}

TypedParams blockStatsParams(virDomainPtr dom, const char* disk, unsigned flags) {
  return askedTwice(
      [&](int* count) { return virDomainBlockStatsFlags(dom, disk, nullptr, count, flags); },
      [](int count) { return TypedParams(count); },
      [&](TypedParams& params) { return virDomainBlockStatsFlags(dom, disk, params.data(), params.room(), flags); });
}

int blockCopy(virDomainPtr dom, const char* disk, const char* destxml, const Params<wire::blockCopy>& params,
              unsigned flags) {
  return virDomainBlockCopy(dom, disk, destxml, params.data(), params.size(), flags);
}

// A daemon takes 4 MiB at most. What is far above that is a mistake and must not become an allocation.
Bytes roomFor(unsigned long size) {
  constexpr unsigned long most = 256UL << 20U;
  if (size > most) {
    throw Failure(ErrorRecord{.code = VIR_ERR_INVALID_ARG,
                              .level = VIR_ERR_ERROR,
                              .message = "size must be at most " + std::to_string(most) + " bytes"});
  }
  return Bytes(size);
}

Bytes blockPeek(virDomainPtr dom, const char* disk, unsigned long long offset, unsigned long size, unsigned flags) {
  auto buffer = roomFor(size);
  check(virDomainBlockPeek(dom, disk, offset, size, buffer.data(), flags));
  return buffer;
}

Bytes memoryPeek(virDomainPtr dom, unsigned long long start, unsigned long size, unsigned flags) {
  auto buffer = roomFor(size);
  check(virDomainMemoryPeek(dom, start, size, buffer.data(), flags));
  return buffer;
}

}  // namespace

void bindDomainBlock(Table& table) {
  table.def("virDomainBlockPull(dom, disk, bandwidth, flags)", virDomainBlockPull);
  table.def("virDomainBlockCommit(dom, disk, base?, top?, bandwidth, flags)", virDomainBlockCommit);
  table.def("virDomainBlockRebase(dom, disk, base?, bandwidth, flags)", virDomainBlockRebase);
  table.def("virDomainBlockCopy(dom, disk, destxml, params?, flags)", blockCopy);
  table.def("virDomainBlockJobAbort(dom, disk, flags)", virDomainBlockJobAbort, quick);
  table.def("virDomainGetBlockJobInfo(dom, disk, flags)", blockJobInfo);
  table.def("virDomainBlockJobSetSpeed(dom, disk, bandwidth, flags)", virDomainBlockJobSetSpeed);

  table.def("virDomainBlockResize(dom, disk, size, flags)", virDomainBlockResize);
  table.def("virDomainBlockStats(dom, disk)", blockStats);
  table.def("virDomainBlockStatsFlags(dom, disk, flags)", blockStatsParams);
  table.def("virDomainSetBlockThreshold(domain, dev, threshold, flags)", virDomainSetBlockThreshold);
  table.def("virDomainBlockPeek(dom, disk, offset, size, flags)", blockPeek);
  table.def("virDomainMemoryPeek(dom, start, size, flags)", memoryPeek);

  table.def("virDomainBackupBegin(domain, backupXML, checkpointXML?, flags)", virDomainBackupBegin);
  table.def("virDomainBackupGetXMLDesc(domain, flags)", virDomainBackupGetXMLDesc, quick);
}

}  // namespace libvirt_napi
