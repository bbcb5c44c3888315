#include <libvirt/libvirt-qemu.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Answer {
  std::string result;
  std::vector<int> outfiles;
};

}  // namespace

template <>
struct Encode<Answer> {
  static Napi::Value make(Napi::Env env, const Answer& answer) {
    return fields(env, "result", answer.result, "outfiles", answer.outfiles);
  }
};

namespace {

std::string monitorCommand(virDomainPtr domain, const char* cmd, unsigned flags) {
  char* result = nullptr;
  check(virDomainQemuMonitorCommand(domain, cmd, &result, flags));
  const std::unique_ptr<char, FreeMemory> owner(result);
  return result;
}

// What comes out are descriptors of this process, the caller's to close; what goes in stays the caller's, too.
Answer monitorCommandWithFiles(virDomainPtr domain, const char* cmd, std::vector<int> infiles, unsigned flags) {
  unsigned count = 0;
  int* files = nullptr;
  char* result = nullptr;
  check(virDomainQemuMonitorCommandWithFiles(domain, cmd, static_cast<unsigned>(infiles.size()), infiles.data(), &count,
                                             &files, &result, flags));
  const std::unique_ptr<int, FreeMemory> filesOwner(files);
  const std::unique_ptr<char, FreeMemory> owner(result);
  const std::span<const int> given(files, count);
  return {result, {given.begin(), given.end()}};
}

}  // namespace

void bindDomainQemu(Table& table) {
  table.def("virDomainQemuMonitorCommand(domain, cmd, flags)", monitorCommand);
  table.def("virDomainQemuAgentCommand(domain, cmd, timeout, flags)", virDomainQemuAgentCommand);
  table.def("virDomainQemuMonitorCommandWithFiles(domain, cmd, infiles, flags)", monitorCommandWithFiles);
  table.def("virDomainQemuAttach(conn, pid_value, flags)", virDomainQemuAttach);
}

}  // namespace libvirt_napi
