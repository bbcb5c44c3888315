// The module: every bound function under its C name, and the runtime.
#include <libvirt/virterror.h>
#include <napi.h>

#include "core/environment.h"
#include "core/runtime.h"
#include "objects/objects.h"

namespace libvirt_napi {

namespace {

const Table& functionTable() {
  static const Table* table = [] {
    auto* made = new Table;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose, as everything of the process
    bindConnection(*made);
    bindDomain(*made);
    bindDomainDevices(*made);
    bindDomainStats(*made);
    bindDomainQemu(*made);
    bindNetwork(*made);
    return made;
  }();
  return *table;
}

}  // namespace

Napi::Object init(Napi::Env env, Napi::Object exports) {
  // Else libvirt prints every error to stderr.
  virSetErrorFunc(nullptr, [](void*, virErrorPtr) {});
  Environment::create(env);
  const Table& table = functionTable();
  for (const auto& function : table.functions()) {
    exports.Set(function->name(), function->toJS(env));
  }
  exports.Set("runtime", makeRuntime(env, table));
  return exports;
}

}  // namespace libvirt_napi

using libvirt_napi::init;
NODE_API_MODULE(libvirt, init)
