// libvirt-admin brings a second copy of libvirt's object types, and registers them with GObject under the same names. The
// second one to come is refused, and libvirt runs into a null pointer: in any program that opens a connection and an
// administration, whatever its language. What is registered is only the size of an object, the same in both copies, so
// the second may have the type of the first.
#include "class_names.h"

#include <dlfcn.h>

#include <atomic>
#include <cstddef>

namespace libvirt_napi {

namespace {

std::atomic<bool> seen{false};

using Register = std::size_t(std::size_t parent, const char* name, unsigned classSize, void* classInit,
                             unsigned instanceSize, void* instanceInit, unsigned flags);
using FromName = std::size_t(const char* name);

}  // namespace

bool sharesClassNames() { return seen; }

// libvirt finds this before GObject's own, because it is loaded on behalf of this module; nobody else finds it.
extern "C" __attribute__((visibility("default"))) std::size_t g_type_register_static_simple(
    std::size_t parent, const char* name, unsigned classSize, void* classInit, unsigned instanceSize,
    void* instanceInit, unsigned flags) {
  static auto* const real = reinterpret_cast<Register*>(dlsym(RTLD_NEXT, "g_type_register_static_simple"));
  static auto* const fromName = reinterpret_cast<FromName*>(dlsym(RTLD_NEXT, "g_type_from_name"));
  seen = true;
  if (real == nullptr || fromName == nullptr) {
    return 0;
  }
  const std::size_t known = fromName(name);
  return known != 0 ? known : real(parent, name, classSize, classInit, instanceSize, instanceInit, flags);
}

}  // namespace libvirt_napi
