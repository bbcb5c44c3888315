#include "event_registry.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <system_error>
#include <unordered_map>

#include "../core/executor.h"
#include "../core/process_end.h"

namespace libvirt_napi {

namespace {

// Of the process, never destroyed.
struct Registries {
  std::mutex mutex;
  std::unordered_map<const Lane*, std::weak_ptr<EventRegistry>> all;

  static Registries& instance() {
    static auto* registries = new Registries;  // NOLINT(cppcoreguidelines-owning-memory)
    return *registries;
  }
};

// An environment may not wait for the daemon when it ends.
class Farewell : public Work {
 public:
  Farewell(std::shared_ptr<EventRegistry> registry, std::shared_ptr<Lane> lane)
      : registry_(std::move(registry)), lane_(std::move(lane)) {}
  void work(std::shared_ptr<Work> /*self*/) override {
    try {
      const Lane::Hold hold(lane_);
      const ProcessEnd::Inside inside;
      registry_->endAll();
    } catch (const Failure&) {
      return;  // the connection is being closed, which does the same
    }
  }

 private:
  std::shared_ptr<EventRegistry> registry_;
  std::shared_ptr<Lane> lane_;
};

Failure misuse(std::string message) {
  return Failure({.code = VIR_ERR_INVALID_ARG, .level = VIR_ERR_ERROR, .message = std::move(message)});
}

}  // namespace

void EventSource::add(std::shared_ptr<EventQueue> queue) {
  const std::scoped_lock lock(mutex_);
  queues_.push_back(std::move(queue));
}

bool EventSource::remove(const EventQueue& queue) {
  const std::scoped_lock lock(mutex_);
  std::erase_if(queues_, [&](const auto& each) { return each.get() == &queue; });
  return !queues_.empty();
}

void EventSource::end() {
  const std::scoped_lock lock(mutex_);
  for (const auto& queue : queues_) {
    queue->end();
  }
  queues_.clear();
}

std::shared_ptr<EventRegistry> EventRegistry::of(Napi::Env env, const std::shared_ptr<Handle>& connection) {
  auto& registries = Registries::instance();
  const std::shared_ptr<Lane>& lane = connection->lane();
  const std::scoped_lock lock(registries.mutex);
  auto& entry = registries.all[lane.get()];
  if (auto known = entry.lock()) {
    return known;
  }
  auto environment = Environment::of(env);
  auto made = std::make_shared<EventRegistry>(lane.get(), environment);
  entry = made;
  made->ending_ =
      environment->endings().add([weak = std::weak_ptr<EventRegistry>(made), weakLane = std::weak_ptr<Lane>(lane)] {
        auto registry = weak.lock();
        auto lasting = weakLane.lock();
        if (!registry || !lasting) {
          return;
        }
        try {
          Executor::instance().post(std::make_shared<Farewell>(std::move(registry), std::move(lasting)));
        } catch (const std::system_error&) {
          return;  // no thread to be had: what is registered stays until the process ends
        }
      });
  // The lane keeps it from now on: a registration refers to the connection, and this would be a circle if it did.
  lane->endings().add([made] { made->endAll(); });
  return made;
}

EventRegistry::EventRegistry(const Lane* lane, std::shared_ptr<Environment> environment)
    : lane_(lane), environment_(std::move(environment)) {}

EventRegistry::~EventRegistry() {
  environment_->endings().takeBack(ending_);
  auto& registries = Registries::instance();
  const std::scoped_lock lock(registries.mutex);
  // Another lane may have come to the same address meanwhile.
  const auto entry = registries.all.find(lane_);
  if (entry != registries.all.end() && entry->second.expired()) {
    registries.all.erase(entry);
  }
}

void EventRegistry::refuseWhenEnded() const {
  if (ended_) {
    throw Failure(ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the connection is closed"));
  }
}

void EventRegistry::remove(const EventKind& kind, int registration) {
  const std::scoped_lock lock(working_);
  refuseWhenEnded();
  const auto found = registrations_.find(registration);
  if (found == registrations_.end() || found->second.place.kind != &kind) {
    throw misuse("there is no registration " + std::to_string(registration) + " for events of a " + kind.object);
  }
  const auto [place, queue] = found->second;
  registrations_.erase(found);
  queue->end();
  const auto source = sources_.find(place);
  if (source->second->remove(*queue)) {
    return;
  }
  const auto last = source->second;
  sources_.erase(source);
  check(kind.remove(last->connection(), last->callbackID));
}

int EventRegistry::find(const EventKind& kind, const Callback& listener) {
  const std::scoped_lock lock(working_);
  const auto found = std::find_if(registrations_.begin(), registrations_.end(), [&](const auto& each) {
    return each.second.place.kind == &kind && each.second.queue->listener() == &listener;
  });
  return found == registrations_.end() ? 0 : found->first;
}

void EventRegistry::endAll() {
  const std::scoped_lock lock(working_);
  ended_ = true;
  for (const auto& [place, source] : sources_) {
    source->end();
    place.kind->remove(source->connection(), source->callbackID);
  }
  sources_.clear();
  registrations_.clear();
}

void requireSameConnection(const Listened& conn, const std::shared_ptr<Handle>& object) {
  if (object->lane() != conn.handle->lane()) {
    throw misuse("the object is of another connection");
  }
}

Decode<Listened>::Stored Decode<Listened>::from(const Slot& slot) {
  auto handle = decodeHandle(slot, HandleTraits<virConnect>::type);
  EventRegistry::of(slot.env, handle);
  return handle;
}

Listened Decode<Listened>::get(const Stored& handle) {
  auto& registries = Registries::instance();
  const std::scoped_lock lock(registries.mutex);
  const auto found = registries.all.find(handle->lane().get());
  auto registry = found == registries.all.end() ? nullptr : found->second.lock();
  if (!registry) {
    throw Failure(ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the connection is closed"));
  }
  return {handle, std::move(registry)};
}

}  // namespace libvirt_napi
