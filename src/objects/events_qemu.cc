// What QEMU's monitor tells. libvirt's client sends only the first of a connection's registrations to the daemon, and the
// others hear nothing. So there is one, for everything, and who wants less is told less here.
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>

#include <strings.h>

#include <array>
#include <memory>
#include <optional>
#include <regex>
#include <string>
#include <utility>

#include "event_payload.h"
#include "event_registry.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// Which events are wanted, by QEMU's names.
class Pattern {
 public:
  Pattern(const char* text, unsigned flags) {
    constexpr unsigned regex = VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_REGEX;
    constexpr unsigned noCase = VIR_CONNECT_DOMAIN_QEMU_MONITOR_EVENT_REGISTER_NOCASE;
    if ((flags & ~(regex | noCase)) != 0) {
      throw misuse("unsupported flags " + std::to_string(flags));
    }
    ignoreCase_ = (flags & noCase) != 0;
    if (text == nullptr) {
      return;
    }
    if ((flags & regex) == 0) {
      text_ = text;
      return;
    }
    try {
      const auto syntax = std::regex::ECMAScript | std::regex::nosubs;
      regex_.emplace(text, ignoreCase_ ? syntax | std::regex::icase : syntax);
    } catch (const std::regex_error& error) {
      throw misuse(std::string("the pattern is not one: ") + error.what());
    }
  }

  [[nodiscard]] bool fits(const char* event) const {
    if (regex_) {
      try {
        return std::regex_search(event, *regex_);
      } catch (const std::regex_error&) {
        return false;  // too much for the matcher; nothing may be thrown through libvirt
      }
    }
    return !text_ || (ignoreCase_ ? strcasecmp(text_->c_str(), event) == 0 : *text_ == event);
  }

 private:
  static Failure misuse(std::string message) {
    return Failure({.code = VIR_ERR_INVALID_ARG, .level = VIR_ERR_ERROR, .message = std::move(message)});
  }

  bool ignoreCase_ = false;
  std::optional<std::string> text_;
  std::optional<std::regex> regex_;
};

class MonitorQueue : public EventQueue {
 public:
  MonitorQueue(std::string domain, Pattern pattern, const std::shared_ptr<Handle>& connection,
               const std::shared_ptr<Callback>& listener, const QueueOptions& options)
      : EventQueue(connection, listener, options), domain_(std::move(domain)), pattern_(std::move(pattern)) {}

  [[nodiscard]] bool wants(const std::string& domain, const char* event) const {
    return (domain_.empty() || domain_ == domain) && pattern_.fits(event);
  }

 private:
  std::string domain_;
  Pattern pattern_;
};

void told(virConnectPtr /*conn*/, virDomainPtr domain, const char* event, long long seconds, unsigned micros,
          const char* details, void* opaque) {
  std::array<char, VIR_UUID_STRING_BUFLEN> text{};
  if (virDomainGetUUIDString(domain, text.data()) < 0) {
    return;
  }
  const std::string uuid(text.data());
  const auto wanted = [&](const EventQueue& queue) {
    return static_cast<const MonitorQueue&>(queue).wants(uuid, event);
  };
  trampoline::tellThose(wanted, opaque, domain, std::string(event), seconds, micros, optionalText(details));
}

const EventKind monitorEvents{"domain's monitor", virConnectDomainQemuMonitorEventDeregister};

int registerMonitor(const Listened& conn, const Only<virDomain>& only, const char* event,
                    const std::shared_ptr<Callback>& listener, unsigned flags, const QueueOptions& options) {
  virDomainPtr domain = objectOf(conn, only);
  auto queue =
      std::make_shared<MonitorQueue>(domain == nullptr ? "" : uuidKey<virDomain, virDomainGetUUIDString>(domain),
                                     Pattern(event, flags), conn.handle, listener, options);
  const auto enlist = [&](void* opaque, virFreeCallback freeOpaque) {
    return virConnectDomainQemuMonitorEventRegister(conn.get(), nullptr, nullptr, told, opaque, freeOpaque, 0);
  };
  return conn.registry->add({&monitorEvents, 0, ""}, conn.handle, std::move(queue), enlist);
}

}  // namespace

void bindEventsQemu(Table& table) {
  table.def("virConnectDomainQemuMonitorEventRegister(conn, dom?, event?, cb, flags, queue?)", registerMonitor, as<int>,
            barrier);
  table.def("virConnectDomainQemuMonitorEventDeregister(conn, callbackID)", deregister(monitorEvents), quick);
}

}  // namespace libvirt_napi
