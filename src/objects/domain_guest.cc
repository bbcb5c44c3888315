// What goes to and comes from the guest and its agent, and what the host says of the domain's process.
#include <libvirt/libvirt.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../core/names.h"
#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../core/values.h"
#include "../generated/weak.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Time {
  long long seconds;
  unsigned nseconds;
};

struct DiskError {
  std::string disk;
  int error;
};

// The remote protocol has room for so many; the limit is told before anything is sent.
struct KeyCodes {
  std::vector<unsigned> list;
};

}  // namespace

template <>
struct Decode<KeyCodes> {
  using Stored = KeyCodes;
  static constexpr const char* type = "uint[]";
  static Stored from(const Slot& slot) {
    auto list = Decode<std::vector<unsigned>>::from(slot);
    if (list.size() > VIR_DOMAIN_SEND_KEY_MAX_KEYS) {
      slot.wrongRange("an array of at most " + std::to_string(VIR_DOMAIN_SEND_KEY_MAX_KEYS) + " numbers");
    }
    return {std::move(list)};
  }
  static const KeyCodes& get(const Stored& codes) { return codes; }
};

template <>
struct Encode<Time> {
  static Napi::Value make(Napi::Env env, const Time& time) {
    return fields(env, "seconds", time.seconds, "nseconds", time.nseconds);
  }
};

template <>
struct Encode<DiskError> {
  static Napi::Value make(Napi::Env env, const DiskError& error) {
    return fields(env, "disk", error.disk, "error", error.error);
  }
};

template <>
struct Encode<virSecurityLabel> {
  static Napi::Value make(Napi::Env env, const virSecurityLabel& label) {
    return fields(env, "label", std::string(label.label), "enforcing", label.enforcing != 0);
  }
};

template <>
struct Encode<virDomainControlInfo> {
  static Napi::Value make(Napi::Env env, const virDomainControlInfo& info) {
    return fields(env, "state", info.state, "details", info.details, "stateTime", info.stateTime);
  }
};

namespace {

TypedParams guestInfo(virDomainPtr domain, unsigned types, unsigned flags) {
  virTypedParameterPtr params = nullptr;
  int count = 0;
  check(virDomainGetGuestInfo(domain, types, &params, &count, flags));
  return {params, count};
}

// No list at all stands for every file system.
auto fileSystemsTo(int (*f)(virDomainPtr, const char**, unsigned, unsigned)) {
  return [f](virDomainPtr domain, const TextList& mountpoints, unsigned flags) {
    auto pointers = mountpoints.pointers();
    return f(domain, mountpoints.given() ? pointers.data() : nullptr, mountpoints.size(), flags);
  };
}

Time guestTime(virDomainPtr domain, unsigned flags) {
  Time time{};
  check(virDomainGetTime(domain, &time.seconds, &time.nseconds, flags));
  return time;
}

int setUserPassword(virDomainPtr dom, const char* user, SecretText password, unsigned flags) {
  return virDomainSetUserPassword(dom, user, password.text, flags);
}

std::vector<std::string> sshKeys(virDomainPtr domain, const char* user, unsigned flags) {
  char** found = nullptr;
  const int count = check(virDomainAuthorizedSSHKeysGet(domain, user, &found, flags));
  return takeTextArray(found, count);
}

int setSSHKeys(virDomainPtr domain, const char* user, const TextList& keys, unsigned flags) {
  auto pointers = keys.pointers();
  return virDomainAuthorizedSSHKeysSet(domain, user, keys.given() ? pointers.data() : nullptr, keys.size(), flags);
}

int sendKey(virDomainPtr domain, unsigned codeset, unsigned holdtime, const KeyCodes& keycodes, unsigned flags) {
  auto codes = keycodes.list;
  return virDomainSendKey(domain, codeset, holdtime, codes.data(), static_cast<int>(codes.size()), flags);
}

std::vector<std::string> messages(virDomainPtr domain, unsigned flags) {
  char** found = nullptr;
  const int count = check(virDomainGetMessages(domain, &found, flags));
  return takeTextArray(found, count);
}

std::vector<virSecurityLabel> securityLabels(virDomainPtr domain) {
  virSecurityLabelPtr found = nullptr;
  const int count = check(virDomainGetSecurityLabelList(domain, &found));
  const std::unique_ptr<virSecurityLabel, FreeMemory> owner(found);
  return {found, found + count};
}

virDomainControlInfo controlInfo(virDomainPtr domain, unsigned flags) {
  virDomainControlInfo info{};
  check(virDomainGetControlInfo(domain, &info, flags));
  return info;
}

std::vector<DiskError> diskErrors(virDomainPtr domain, unsigned flags) {
  const int most = check(virDomainGetDiskErrors(domain, nullptr, 0, flags));
  if (most == 0) {
    return {};
  }
  std::vector<virDomainDiskError> found(static_cast<std::size_t>(most));
  // libvirt's client passes on what the daemon says, and some say how many there are.
  const int count =
      std::min(most, check(virDomainGetDiskErrors(domain, found.data(), static_cast<unsigned>(most), flags)));
  std::vector<DiskError> errors;
  for (int i = 0; i < count; ++i) {
    const std::unique_ptr<char, FreeMemory> disk(found[static_cast<std::size_t>(i)].disk);
    errors.push_back({textOrEmpty(disk.get()), found[static_cast<std::size_t>(i)].error});
  }
  return errors;
}

}  // namespace

void bindDomainGuest(Table& table) {
  table.def("virDomainGetGuestInfo(domain, types, flags)", guestInfo);
  table.def("virDomainFSFreeze(dom, mountpoints?, flags)", fileSystemsTo(virDomainFSFreeze), as<int>);
  table.def("virDomainFSThaw(dom, mountpoints?, flags)", fileSystemsTo(virDomainFSThaw), as<int>);
  table.def("virDomainFSTrim(dom, mountPoint?, minimum, flags)", virDomainFSTrim);
  table.def("virDomainSetUserPassword(dom, user, password, flags)", setUserPassword);
  table.def("virDomainGetTime(dom, flags)", guestTime);
  table.def("virDomainSetTime(dom, seconds, nseconds, flags)", virDomainSetTime);
  table.def("virDomainAuthorizedSSHKeysGet(domain, user, flags)", sshKeys);
  table.def("virDomainAuthorizedSSHKeysSet(domain, user, keys?, flags)", setSSHKeys);
  table.def("virDomainGetHostname(domain, flags)", virDomainGetHostname);
  table.def("virDomainAgentSetResponseTimeout(domain, timeout, flags)", virDomainAgentSetResponseTimeout);
  table.def("virDomainSendKey(domain, codeset, holdtime, keycodes, flags)", sendKey);
  table.def("virDomainSendProcessSignal(domain, pid_value, signum, flags)", virDomainSendProcessSignal);
  table.def("virDomainInjectNMI(domain, flags)", virDomainInjectNMI);
  table.def("virDomainPMSuspendForDuration(dom, target, duration, flags)", virDomainPMSuspendForDuration);
  table.def("virDomainPMWakeup(dom, flags)", virDomainPMWakeup);
  table.def("virDomainGetMessages(domain, flags)", messages, quick);
  table.def("virDomainGetSecurityLabel(domain)", outOf<virSecurityLabel>(virDomainGetSecurityLabel));
  table.def("virDomainGetSecurityLabelList(domain)", securityLabels);
  table.def("virDomainGetControlInfo(domain, flags)", controlInfo, quick);
  table.def("virDomainGetDiskErrors(dom, flags)", diskErrors);
}

}  // namespace libvirt_napi
