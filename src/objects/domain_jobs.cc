// Saving, restoring, dumping, migrating, and what libvirt tells of a job that runs.
#include <libvirt/libvirt.h>

#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/fields.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct JobStats {
  int type;
  TypedParams params;
};

}  // namespace

template <>
struct Encode<JobStats> {
  static Napi::Value make(Napi::Env env, const JobStats& stats) {
    return fields(env, "type", stats.type, "params", stats.params);
  }
};

template <>
struct Encode<virDomainJobInfo> {
  static Napi::Value make(Napi::Env env, const virDomainJobInfo& info) {
    return fields(env, "type", info.type, "timeElapsed", info.timeElapsed, "timeRemaining", info.timeRemaining,
                  "dataTotal", info.dataTotal, "dataProcessed", info.dataProcessed, "dataRemaining", info.dataRemaining,
                  "memTotal", info.memTotal, "memProcessed", info.memProcessed, "memRemaining", info.memRemaining,
                  "fileTotal", info.fileTotal, "fileProcessed", info.fileProcessed, "fileRemaining",
                  info.fileRemaining);
  }
};

namespace {

JobStats jobStats(virDomainPtr domain, unsigned flags) {
  int type = 0;
  virTypedParameterPtr params = nullptr;
  int count = 0;
  check(virDomainGetJobStats(domain, &type, &params, &count, flags));
  return {type, TypedParams(params, count)};
}

using Destination = Elsewhere<virConnect>;
using MigrateParams = Params<wire::migrate>;

Made<virDomain> migrate(virDomainPtr domain, const Destination& dconn, unsigned long flags, const char* dname,
                        const char* uri, unsigned long bandwidth) {
  return dconn.adopt(check(virDomainMigrate(domain, dconn.get(), flags, dname, uri, bandwidth)));
}

Made<virDomain> migrate2(virDomainPtr domain, const Destination& dconn, const char* dxml, unsigned long flags,
                         const char* dname, const char* uri, unsigned long bandwidth) {
  return dconn.adopt(check(virDomainMigrate2(domain, dconn.get(), dxml, flags, dname, uri, bandwidth)));
}

Made<virDomain> migrate3(virDomainPtr domain, const Destination& dconn, const MigrateParams& params, unsigned flags) {
  return dconn.adopt(
      check(virDomainMigrate3(domain, dconn.get(), params.data(), static_cast<unsigned>(params.size()), flags)));
}

int migrateToURI3(virDomainPtr domain, const char* dconnuri, const MigrateParams& params, unsigned flags) {
  return virDomainMigrateToURI3(domain, dconnuri, params.data(), static_cast<unsigned>(params.size()), flags);
}

// int f(domain, T* written, unsigned flags)
template <class T>
auto writtenBy(int (*f)(virDomainPtr, T*, unsigned)) {
  return [f](virDomainPtr domain, unsigned flags) {
    T written{};
    check(f(domain, &written, flags));
    return written;
  };
}

}  // namespace

void bindDomainJobs(Table& table) {
  table.def("virDomainSave(domain, to)", virDomainSave);
  table.def("virDomainSaveFlags(domain, to, dxml?, flags)", virDomainSaveFlags);
  table.def("virDomainSaveParams(domain, params, flags)", paramsTo<wire::save>(virDomainSaveParams));
  table.def("virDomainRestore(conn, from)", virDomainRestore);
  table.def("virDomainRestoreFlags(conn, from, dxml?, flags)", virDomainRestoreFlags);
  table.def("virDomainRestoreParams(conn, params, flags)", paramsTo<wire::save>(virDomainRestoreParams));
  table.def("virDomainSaveImageGetXMLDesc(conn, file, flags)", virDomainSaveImageGetXMLDesc);
  table.def("virDomainSaveImageDefineXML(conn, file, dxml, flags)", virDomainSaveImageDefineXML);

  table.def("virDomainManagedSave(dom, flags)", virDomainManagedSave);
  table.def("virDomainHasManagedSaveImage(dom, flags)", virDomainHasManagedSaveImage, as<bool>, quick);
  table.def("virDomainManagedSaveRemove(dom, flags)", virDomainManagedSaveRemove);
  table.def("virDomainManagedSaveGetXMLDesc(domain, flags)", virDomainManagedSaveGetXMLDesc);
  table.def("virDomainManagedSaveDefineXML(domain, dxml, flags)", virDomainManagedSaveDefineXML);

  table.def("virDomainCoreDump(domain, to, flags)", virDomainCoreDump);
  table.def("virDomainCoreDumpWithFormat(domain, to, dumpformat, flags)", virDomainCoreDumpWithFormat);

  table.def("virDomainGetJobInfo(domain)", outOf<virDomainJobInfo>(virDomainGetJobInfo));
  table.def("virDomainGetJobStats(domain, flags)", jobStats, quick);
  table.def("virDomainAbortJob(domain)", virDomainAbortJob, quick);
  table.def("virDomainAbortJobFlags(domain, flags)", virDomainAbortJobFlags, quick);

  table.def("virDomainMigrate(domain, dconn, flags, dname?, uri?, bandwidth)", migrate);
  table.def("virDomainMigrate2(domain, dconn, dxml?, flags, dname?, uri?, bandwidth)", migrate2);
  table.def("virDomainMigrate3(domain, dconn, params?, flags)", migrate3);
  table.def("virDomainMigrateToURI(domain, duri, flags, dname?, bandwidth)", virDomainMigrateToURI);
  table.def("virDomainMigrateToURI2(domain, dconnuri?, miguri?, dxml?, flags, dname?, bandwidth)",
            virDomainMigrateToURI2);
  table.def("virDomainMigrateToURI3(domain, dconnuri?, params?, flags)", migrateToURI3);

  table.def("virDomainMigrateGetMaxSpeed(domain, flags)", writtenBy(virDomainMigrateGetMaxSpeed));
  table.def("virDomainMigrateSetMaxSpeed(domain, bandwidth, flags)", virDomainMigrateSetMaxSpeed);
  table.def("virDomainMigrateGetMaxDowntime(domain, flags)", writtenBy(virDomainMigrateGetMaxDowntime));
  table.def("virDomainMigrateSetMaxDowntime(domain, downtime, flags)", virDomainMigrateSetMaxDowntime);
  table.def("virDomainMigrateGetCompressionCache(domain, flags)", writtenBy(virDomainMigrateGetCompressionCache));
  table.def("virDomainMigrateSetCompressionCache(domain, cacheSize, flags)", virDomainMigrateSetCompressionCache);
  table.def("virDomainMigrateStartPostCopy(domain, flags)", virDomainMigrateStartPostCopy);
}

}  // namespace libvirt_napi
