// What libvirt tells by itself. The functions of all objects are alike, so they are together here.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../core/shapes.h"
#include "../generated/events.h"
#include "event_payload.h"
#include "event_registry.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

using known_events::KnownEvent;
using Text = const char*;

// By the numbers of the events. Those that the oldest headers lack are spelled by their arguments like the others.
const std::array<AnyCallback, known_events::domain.size()> domainCallbacks{
    anyCallback(&trampoline::lifecycle),
    callbackOf<virDomain>(),
    callbackOf<virDomain, long long>(),
    callbackOf<virDomain, int>(),
    callbackOf<virDomain, Text, Text, int>(),
    callbackOf<virDomain, int, const virDomainEventGraphicsAddress*, const virDomainEventGraphicsAddress*, Text,
               const virDomainEventGraphicsSubject*>(),
    callbackOf<virDomain, Text, Text, int, Text>(),
    callbackOf<virDomain>(),
    callbackOf<virDomain, Text, int, int>(),
    callbackOf<virDomain, Text, Text, Text, int>(),
    callbackOf<virDomain, Text, int>(),
    callbackOf<virDomain, int>(),
    callbackOf<virDomain, int>(),
    callbackOf<virDomain, unsigned long long>(),
    callbackOf<virDomain, int>(),
    callbackOf<virDomain, Text>(),
    callbackOf<virDomain, Text, int, int>(),
    anyCallback(&trampoline::params),
    callbackOf<virDomain, int, int>(),
    callbackOf<virDomain, Text>(),
    callbackOf<virDomain, int>(),
    anyCallback(&trampoline::params),
    callbackOf<virDomain, Text>(),
    callbackOf<virDomain, int, Text>(),
    callbackOf<virDomain, Text, Text, unsigned long long, unsigned long long>(),
    callbackOf<virDomain, int, int, unsigned>(),
    callbackOf<virDomain, Text, unsigned long long>(),
    callbackOf<virDomain, Text, Text, Text>(),
    callbackOf<virDomain, unsigned>(),
    callbackOf<virDomain, Text, int, int>(),
};
const std::array<AnyCallback, known_events::network.size()> networkCallbacks{callbackOf<virNetwork, int, int>(),
                                                                             callbackOf<virNetwork, int, Text>()};
const std::array<AnyCallback, known_events::storagePool.size()> poolCallbacks{callbackOf<virStoragePool, int, int>(),
                                                                              callbackOf<virStoragePool>()};
const std::array<AnyCallback, known_events::nodeDevice.size()> deviceCallbacks{callbackOf<virNodeDevice, int, int>(),
                                                                               callbackOf<virNodeDevice>()};
const std::array<AnyCallback, known_events::secret.size()> secretCallbacks{callbackOf<virSecret, int, int>(),
                                                                           callbackOf<virSecret>()};

// What one of the pairs …EventRegisterAny and …EventDeregisterAny is about.
template <LibvirtObject O, class GenericCallback>
struct Family {
  EventKind kind;
  int (*add)(virConnectPtr, O*, int, GenericCallback, void*, virFreeCallback);
  std::string (*keyOf)(O*);
  std::span<const KnownEvent> known;
  std::span<const AnyCallback> callbacks;
};

std::string nameKey(virNodeDevicePtr device) { return check(virNodeDeviceGetName(device)); }

const Family<virDomain, virConnectDomainEventGenericCallback> domains{{"domain", virConnectDomainEventDeregisterAny},
                                                                      virConnectDomainEventRegisterAny,
                                                                      uuidKey<virDomain, virDomainGetUUIDString>,
                                                                      known_events::domain,
                                                                      domainCallbacks};
const Family<virNetwork, virConnectNetworkEventGenericCallback> networks{
    {"network", virConnectNetworkEventDeregisterAny},
    virConnectNetworkEventRegisterAny,
    uuidKey<virNetwork, virNetworkGetUUIDString>,
    known_events::network,
    networkCallbacks};
const Family<virStoragePool, virConnectStoragePoolEventGenericCallback> pools{
    {"storage pool", virConnectStoragePoolEventDeregisterAny},
    virConnectStoragePoolEventRegisterAny,
    uuidKey<virStoragePool, virStoragePoolGetUUIDString>,
    known_events::storagePool,
    poolCallbacks};
const Family<virNodeDevice, virConnectNodeDeviceEventGenericCallback> devices{
    {"node device", virConnectNodeDeviceEventDeregisterAny},
    virConnectNodeDeviceEventRegisterAny,
    nameKey,
    known_events::nodeDevice,
    deviceCallbacks};
const Family<virSecret, virConnectSecretEventGenericCallback> secrets{{"secret", virConnectSecretEventDeregisterAny},
                                                                      virConnectSecretEventRegisterAny,
                                                                      uuidKey<virSecret, virSecretGetUUIDString>,
                                                                      known_events::secret,
                                                                      secretCallbacks};

void requireKnown(const EventKind& kind, std::span<const KnownEvent> known, int eventID) {
  if (eventID < 0 || static_cast<std::size_t>(eventID) >= known.size()) {
    throw Failure({.code = VIR_ERR_INVALID_ARG,
                   .level = VIR_ERR_ERROR,
                   .message = "no event " + std::to_string(eventID) + " of a " + kind.object + " is known"});
  }
  const auto& event = known[static_cast<std::size_t>(eventID)];
  unsigned long loaded = 0;
  if (virGetVersion(&loaded, nullptr, nullptr) == 0 && loaded < event.since) {
    throw Failure(ErrorRecord::unsupported(event.name, event.since));
  }
}

// A daemon that is older than the library here refuses what it does not know, in words that say nothing of versions.
[[noreturn]] void explain(virConnectPtr conn, const KnownEvent& event, const Failure& failure) {
  unsigned long there = 0;
  if (failure.record.domain != VIR_FROM_RPC && virConnectGetLibVersion(conn, &there) == 0 && there < event.since) {
    throw Failure(ErrorRecord::unsupportedThere(event.name, event.since, there));
  }
  throw failure;
}

template <LibvirtObject O, class GenericCallback>
auto registerAny(const Family<O, GenericCallback>& family) {
  return [&family](const Listened& conn, const Only<O>& only, int eventID, const std::shared_ptr<Callback>& listener,
                   const QueueOptions& options) {
    requireKnown(family.kind, family.known, eventID);
    const auto index = static_cast<std::size_t>(eventID);
    O* object = objectOf(conn, only);
    const auto enlist = [&](void* opaque, virFreeCallback freeOpaque) {
      return family.add(conn.get(), object, eventID, reinterpret_cast<GenericCallback>(family.callbacks[index]), opaque,
                        freeOpaque);
    };
    try {
      return conn.registry->add({&family.kind, eventID, object == nullptr ? "" : family.keyOf(object)}, conn.handle,
                                std::make_shared<EventQueue>(conn.handle, listener, options), enlist);
    } catch (const Failure& failure) {
      explain(conn.get(), family.known[index], failure);
    }
  };
}

// The oldest pair knows a listener by its function alone, and takes each once.
struct ByFunction {
  std::shared_ptr<Callback> listener;
};

int deregisterOldest(virConnectPtr conn, int /*callbackID*/) {
  return virConnectDomainEventDeregister(conn, &trampoline::lifecycle);
}
const EventKind oldest{"domain, by its function", deregisterOldest};

Nothing registerOldest(const Listened& conn, const ByFunction& by, const QueueOptions& options) {
  if (conn.registry->find(oldest, *by.listener) != 0) {
    throw Failure(
        {.code = VIR_ERR_INVALID_ARG, .level = VIR_ERR_ERROR, .message = "the function is registered already"});
  }
  const auto enlist = [&](void* opaque, virFreeCallback freeOpaque) {
    return virConnectDomainEventRegister(conn.get(), &trampoline::lifecycle, opaque, freeOpaque);
  };
  conn.registry->add({&oldest, 0, ""}, conn.handle, std::make_shared<EventQueue>(conn.handle, by.listener, options),
                     enlist);
  return {};
}

Nothing deregisterByFunction(const Listened& conn, const ByFunction& by) {
  conn.registry->remove(oldest, conn.registry->find(oldest, *by.listener));
  return {};
}

}  // namespace

template <>
struct Decode<ByFunction> {
  using Stored = std::shared_ptr<Callback>;
  static constexpr const char* type = "function";
  static ByFunction get(const Stored& listener) { return {listener}; }

  // A function that is known already is the same callback.
  static Stored from(const Slot& slot) {
    static auto* mutex = new std::mutex;                            // NOLINT(cppcoreguidelines-owning-memory)
    static auto* known = new std::vector<std::weak_ptr<Callback>>;  // NOLINT(cppcoreguidelines-owning-memory)
    auto made = Decode<std::shared_ptr<Callback>>::from(slot);
    const std::scoped_lock lock(*mutex);
    std::erase_if(*known, [](const auto& each) { return each.expired(); });
    for (const auto& each : *known) {
      auto callback = each.lock();
      if (callback && callback->environment() == made->environment() &&
          callback->is(slot.env, Napi::Value(slot.env, slot.value).As<Napi::Function>())) {
        return callback;
      }
    }
    known->push_back(made);
    return made;
  }
};

void bindEventsQemu(Table& table);

void bindEvents(Table& table) {
  bindEventsQemu(table);
  table.def("virConnectDomainEventRegisterAny(conn, dom?, eventID, cb, queue?)", registerAny(domains), as<int>,
            barrier);
  table.def("virConnectDomainEventDeregisterAny(conn, callbackID)", deregister(domains.kind), quick);
  table.def("virConnectDomainEventRegister(conn, cb, queue?)", registerOldest, barrier);
  table.def("virConnectDomainEventDeregister(conn, cb)", deregisterByFunction, quick);
  table.def("virConnectNetworkEventRegisterAny(conn, net?, eventID, cb, queue?)", registerAny(networks), as<int>,
            barrier);
  table.def("virConnectNetworkEventDeregisterAny(conn, callbackID)", deregister(networks.kind), quick);
  table.def("virConnectNodeDeviceEventRegisterAny(conn, dev?, eventID, cb, queue?)", registerAny(devices), as<int>,
            barrier);
  table.def("virConnectNodeDeviceEventDeregisterAny(conn, callbackID)", deregister(devices.kind), quick);
  table.def("virConnectSecretEventRegisterAny(conn, secret?, eventID, cb, queue?)", registerAny(secrets), as<int>,
            barrier);
  table.def("virConnectSecretEventDeregisterAny(conn, callbackID)", deregister(secrets.kind), quick);
  table.def("virConnectStoragePoolEventRegisterAny(conn, pool?, eventID, cb, queue?)", registerAny(pools), as<int>,
            barrier);
  table.def("virConnectStoragePoolEventDeregisterAny(conn, callbackID)", deregister(pools.kind), quick);
}

}  // namespace libvirt_napi
