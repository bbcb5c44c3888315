// Containers. The functions that enter one are not here: they move the calling thread or process into it, and a process
// with other threads cannot follow.
#include <libvirt/libvirt-lxc.h>
#include <libvirt/libvirt.h>

#include <cstddef>
#include <memory>
#include <vector>

#include "../core/descriptor.h"
#include "../core/error.h"
#include "../core/memory.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

std::vector<Descriptor> namespaces(virDomainPtr domain, unsigned flags) {
  int* found = nullptr;
  const int count = check(virDomainLxcOpenNamespace(domain, &found, flags));
  const std::unique_ptr<int, FreeMemory> owner(found);
  return descriptorsFrom(found, static_cast<std::size_t>(count));
}

}  // namespace

void bindDomainLxc(Table& table) { table.def("virDomainLxcOpenNamespace(domain, flags)", namespaces); }

}  // namespace libvirt_napi
