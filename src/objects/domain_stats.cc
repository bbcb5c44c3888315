// Bulk statistics: many domains in one call.
#include <libvirt/libvirt.h>

#include <memory>
#include <utility>
#include <vector>

#include "../core/shapes.h"
#include "../core/typed_params.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Record {
  Made<virDomain> dom;
  TypedParams params;
};

}  // namespace

template <>
struct Encode<Record> {
  static Napi::Value make(Napi::Env env, const Record& record) {
    return fields(env, "dom", record.dom, "params", record.params);
  }
};

namespace {

std::vector<Record> take(virDomainStatsRecordPtr* found, int count) {
  const std::unique_ptr<virDomainStatsRecordPtr, void (*)(virDomainStatsRecordPtr*)> owner(
      found, virDomainStatsRecordListFree);
  std::vector<Record> records;
  records.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    virDomainStatsRecord& record = *found[i];
    // The list frees its domains and parameters: the domain gets a reference more, the parameters are taken out.
    check(virDomainRef(record.dom));
    records.push_back({Lane::current().adopt(record.dom),
                       TypedParams(std::exchange(record.params, nullptr), std::exchange(record.nparams, 0))});
  }
  return records;
}

std::vector<Record> allDomainStats(virConnectPtr conn, unsigned stats, unsigned flags) {
  virDomainStatsRecordPtr* found = nullptr;
  const int count = check(virConnectGetAllDomainStats(conn, stats, &found, flags));
  return take(found, count);
}

std::vector<Record> listStats(std::vector<virDomainPtr> doms, unsigned stats, unsigned flags) {
  doms.push_back(nullptr);
  virDomainStatsRecordPtr* found = nullptr;
  const int count = check(virDomainListGetStats(doms.data(), stats, &found, flags));
  return take(found, count);
}

}  // namespace

void bindDomainStats(Table& table) {
  table.def("virConnectGetAllDomainStats(conn, stats, flags)", allDomainStats);
  table.def("virDomainListGetStats(doms, stats, flags)", listStats);
}

}  // namespace libvirt_napi
