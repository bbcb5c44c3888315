// Who listens to what libvirt tells of a connection. libvirt refuses the same C function for the same event and object
// twice, so there is one C registration for each, which many may share, and it goes with the last of them.
#pragma once

#include <libvirt/libvirt.h>

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/encode.h"
#include "../core/environment.h"
#include "../core/error.h"
#include "../core/event_queue.h"
#include "../core/lane.h"

namespace libvirt_napi {

// One C registration: where libvirt's callback ends. It runs on the thread of libvirt's event loop, copies and posts.
class EventSource {
 public:
  explicit EventSource(std::shared_ptr<Handle> connection) : connection_(std::move(connection)) {}

  void add(std::shared_ptr<EventQueue> queue);
  // False when nobody is left.
  bool remove(const EventQueue& queue);
  // Waits for a callback that is under way, which after this finds nobody.
  void end();

  // `reference` makes libvirt's borrowed object ours. `make` gives the event, when somebody wants it.
  template <LibvirtObject O, class Make, class Wanted>
  void tell(O* object, int (*reference)(O*), Make make, Wanted wanted) {
    std::shared_ptr<const Event> event;
    const std::scoped_lock lock(mutex_);
    for (const auto& queue : queues_) {
      if (!wanted(*queue)) {
        continue;
      }
      if (!event) {
        if (reference(object) < 0) {
          return;
        }
        event = make(connection_->lane()->adopt(object).handle);
      }
      queue->offer(event);
    }
  }

  [[nodiscard]] virConnectPtr connection() const { return connection_->get<virConnect>(); }

  int callbackID = -1;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<EventQueue>> queues_;
  const std::shared_ptr<Handle> connection_;
};

// A pair of C functions: …EventRegisterAny and …EventDeregisterAny.
struct EventKind {
  const char* object;  // for errors: the object that `key` names
  int (*remove)(virConnectPtr conn, int callbackID);
};

class EventRegistry : public std::enable_shared_from_this<EventRegistry> {
 public:
  // What is registered for: the kind, the event, and the object or "" for all of them.
  struct Place {
    const EventKind* kind;
    int eventID;
    std::string key;
    auto operator<=>(const Place&) const = default;  // NOLINT(modernize-use-nullptr): clang-tidy's own mistake
  };

  // The connection's own. On the JavaScript thread, since the environment's end takes the registrations down.
  static std::shared_ptr<EventRegistry> of(Napi::Env env, const std::shared_ptr<Handle>& connection);

  EventRegistry(const Lane* lane, std::shared_ptr<Environment> environment);
  EventRegistry(const EventRegistry&) = delete;
  EventRegistry& operator=(const EventRegistry&) = delete;
  EventRegistry(EventRegistry&&) = delete;
  EventRegistry& operator=(EventRegistry&&) = delete;
  ~EventRegistry();

  // `enlist(opaque, freeOpaque)` calls C, unless somebody is registered at the place. A number of the connection's own.
  template <class Enlist>
  int add(Place place, const std::shared_ptr<Handle>& connection, std::shared_ptr<EventQueue> queue, Enlist enlist) {
    const std::scoped_lock lock(working_);
    refuseWhenEnded();
    auto& source = sources_[place];
    if (source) {
      source->add(queue);
    } else {
      source = std::make_shared<EventSource>(connection);
      source->add(queue);  // at once, so that the first event finds somebody
      try {
        source->callbackID = enlistWith(source, enlist);
      } catch (...) {
        source->end();
        sources_.erase(place);
        throw;
      }
    }
    registrations_.emplace(++last_, Registration{std::move(place), std::move(queue)});
    return last_;
  }
  void remove(const EventKind& kind, int registration);
  // C's older pair knows a registration by its function.
  [[nodiscard]] int find(const EventKind& kind, const Callback& listener);
  void endAll();

 private:
  struct Registration {
    Place place;
    std::shared_ptr<EventQueue> queue;
  };
  using Opaque = std::shared_ptr<EventSource>;

  template <class Enlist>
  static int enlistWith(const std::shared_ptr<EventSource>& source, Enlist enlist) {
    auto opaque = std::make_unique<Opaque>(source);
    const int id = check(
        enlist(opaque.get(), [](void* owned) { const std::unique_ptr<Opaque> last(static_cast<Opaque*>(owned)); }));
    opaque.release();  // NOLINT(bugprone-unused-return-value): libvirt owns it, and calls the function above
    return id;
  }
  void refuseWhenEnded() const;

  const Lane* const lane_;
  const std::shared_ptr<Environment> environment_;
  std::uint64_t ending_ = 0;
  // Held while libvirt is called, so that two who come and go at once do not miss each other. Callbacks never want it.
  std::mutex working_;
  bool ended_ = false;
  int last_ = 0;
  std::map<Place, std::shared_ptr<EventSource>> sources_;
  std::map<int, Registration> registrations_;
};

// A connection that is listened to: its handle is what events are told of, and its registry is there.
struct Listened {
  std::shared_ptr<Handle> handle;
  std::shared_ptr<EventRegistry> registry;
  [[nodiscard]] virConnectPtr get() const { return handle->get<virConnect>(); }
};

template <>
struct Decode<Listened> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<virConnect>::type.name;
  static Stored from(const Slot& slot);
  static Listened get(const Stored& handle);
};

// The object whose events are wanted, or null for all.
template <LibvirtObject O>
struct Only {
  std::shared_ptr<Handle> handle;
};

template <LibvirtObject O>
struct Decode<Only<O>> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<O>::type.name;
  static Stored from(const Slot& slot) {
    return slot.parameter().nullable && slot.missing() ? nullptr : decodeHandle(slot, HandleTraits<O>::type);
  }
  static Only<O> get(const Stored& handle) { return {handle}; }
};

// Known by its UUID, whatever its name becomes.
template <LibvirtObject O, int (*UUIDString)(O*, char*)>
std::string uuidKey(O* object) {
  std::array<char, VIR_UUID_STRING_BUFLEN> text{};
  check(UUIDString(object, text.data()));
  return text.data();
}

// …EventDeregisterAny
inline auto deregister(const EventKind& kind) {
  return [&kind](const Listened& conn, int callbackID) {
    conn.registry->remove(kind, callbackID);
    return Nothing{};
  };
}

// The handle's object; libvirt would refuse one of another connection, and that one may be closed meanwhile.
void requireSameConnection(const Listened& conn, const std::shared_ptr<Handle>& object);

template <LibvirtObject O>
O* objectOf(const Listened& conn, const Only<O>& only) {
  if (!only.handle) {
    return nullptr;
  }
  requireSameConnection(conn, only.handle);
  return only.handle->template get<O>();
}

}  // namespace libvirt_napi
