#include <libvirt/libvirt-qemu.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../core/descriptor.h"
#include "../core/memory.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Answer {
  std::string result;
  std::vector<Descriptor> outfiles;
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
  return textOrEmpty(result);
}

Answer monitorCommandWithFiles(virDomainPtr domain, const char* cmd, const std::vector<Descriptor>& infiles,
                               unsigned flags) {
  auto numbers = numbersOf(infiles);
  unsigned count = 0;
  int* files = nullptr;
  char* result = nullptr;
  check(virDomainQemuMonitorCommandWithFiles(domain, cmd, static_cast<unsigned>(numbers.size()), numbers.data(), &count,
                                             &files, &result, flags));
  const std::unique_ptr<int, FreeMemory> filesOwner(files);
  const std::unique_ptr<char, FreeMemory> owner(result);
  auto outfiles = descriptorsFrom(files, count);
  return {textOrEmpty(result), std::move(outfiles)};
}

}  // namespace

void bindDomainQemu(Table& table) {
  table.def("virDomainQemuMonitorCommand(domain, cmd, flags)", monitorCommand);
  table.def("virDomainQemuAgentCommand(domain, cmd, timeout, flags)", virDomainQemuAgentCommand);
  table.def("virDomainQemuMonitorCommandWithFiles(domain, cmd, infiles, flags)", monitorCommandWithFiles);
  table.def("virDomainQemuAttach(conn, pid_value, flags)", virDomainQemuAttach);
}

}  // namespace libvirt_napi
