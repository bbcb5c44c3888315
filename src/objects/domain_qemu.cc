#include <libvirt/libvirt-qemu.h>

#include <memory>
#include <string>

#include "../core/shapes.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

std::string monitorCommand(virDomainPtr domain, const char* cmd, unsigned flags) {
  char* result = nullptr;
  check(virDomainQemuMonitorCommand(domain, cmd, &result, flags));
  const std::unique_ptr<char, FreeMemory> owner(result);
  return result;
}

}  // namespace

void bindDomainQemu(Table& table) {
  table.def("virDomainQemuMonitorCommand(domain, cmd, flags)", monitorCommand);
  table.def("virDomainQemuAgentCommand(domain, cmd, timeout, flags)", virDomainQemuAgentCommand);
}

}  // namespace libvirt_napi
