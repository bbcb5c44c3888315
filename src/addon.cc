// The module: every bound function under its C name, and the runtime.
#include <libvirt/virterror.h>
#include <napi.h>

#include <initializer_list>

#include "core/environment.h"
#include "core/process_end.h"
#include "core/runtime.h"
#include "objects/objects.h"

namespace libvirt_napi {

namespace {

using Bind = void (*)(Table&);

// Leaked on purpose, as everything that belongs to the process.
const Table& tableOf(std::initializer_list<Bind> binds) {
  auto* table = new Table;  // NOLINT(cppcoreguidelines-owning-memory)
  for (const auto bind : binds) {
    bind(*table);
  }
  return *table;
}

const Table& functionTable() {
  static const Table& table =
      tableOf({bindAdmin,           bindConnection,     bindDomain,      bindDomainBlock,   bindDomainCheckpoint,
               bindDomainDevices,   bindDomainGuest,    bindDomainJobs,  bindDomainLxc,     bindDomainMisc,
               bindDomainQemu,      bindDomainSnapshot, bindDomainStats, bindDomainStreams, bindDomainTuning,
               bindDomainVcpu,      bindEvents,         bindHost,        bindInterface,     bindNWFilter,
               bindNWFilterBinding, bindNetwork,        bindNetworkPort, bindNodeDevice,    bindSecret,
               bindStoragePool,     bindStorageVol,     bindStream});
  return table;
}

const Table& runtimeTable() {
  static const Table& table = tableOf({bindRuntime, bindStreamRuntime});
  return table;
}

}  // namespace

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // Else libvirt prints every error to stderr.
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  ProcessEnd::watch();
  Environment::create(env);
  const Table& table = functionTable();
  for (const auto& function : table.functions()) {
    exports.Set(function->name(), function->toJS(env));
  }
  exports.Set("runtime", makeRuntime(env, table, runtimeTable()));
  return exports;
}

}  // namespace libvirt_napi

using libvirt_napi::init;
NODE_API_MODULE(libvirt, init)
