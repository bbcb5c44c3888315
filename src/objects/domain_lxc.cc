// Containers. The functions that enter one are not here: they move the calling thread or process into it, and a process
// with other threads cannot follow.
#include <libvirt/libvirt-lxc.h>
#include <libvirt/libvirt.h>

#include <memory>
#include <vector>

#include "../core/error.h"
#include "../core/memory.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// Their caller closes them.
std::vector<int> namespaces(virDomainPtr domain, unsigned flags) {
  int* found = nullptr;
  const int count = check(virDomainLxcOpenNamespace(domain, &found, flags));
  const std::unique_ptr<int, FreeMemory> owner(found);
  return {found, found + count};
}

}  // namespace

void bindDomainLxc(Table& table) { table.def("virDomainLxcOpenNamespace(domain, flags)", namespaces); }

}  // namespace libvirt_napi
