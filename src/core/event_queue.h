// What waits for one JavaScript listener of libvirt's events. It is bounded, since a busy JavaScript thread must not
// cost memory without end; what is dropped is counted, and told in the place where it is missing.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "callback.h"
#include "handle.h"

namespace libvirt_napi {

// What libvirt told, copied: one for all who listen.
class Event {
 public:
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  Event(Event&&) = delete;
  Event& operator=(Event&&) = delete;
  virtual ~Event() = default;
  // C's arguments after the connection, on the JavaScript thread.
  virtual void append(Napi::Env env, std::vector<napi_value>& arguments) const = 0;
};

// The last argument of registrations: `{ limit, overflow }`, or nothing.
struct QueueOptions {
  std::size_t limit = 10000;
  std::shared_ptr<Callback> overflow{};
};

template <>
struct Decode<QueueOptions> {
  using Stored = QueueOptions;
  static constexpr const char* type = "queue";
  static Stored from(const Slot& slot);
  static const QueueOptions& get(const Stored& options) { return options; }
};

class EventQueue : public std::enable_shared_from_this<EventQueue> {
 public:
  EventQueue(std::shared_ptr<Handle> connection, std::shared_ptr<Callback> listener, QueueOptions options);
  EventQueue(const EventQueue&) = delete;
  EventQueue& operator=(const EventQueue&) = delete;
  EventQueue(EventQueue&&) = delete;
  EventQueue& operator=(EventQueue&&) = delete;
  virtual ~EventQueue();

  // From any thread.
  void offer(std::shared_ptr<const Event> event);
  // From any thread: nothing is delivered any more.
  void end();
  [[nodiscard]] const Callback* listener() const { return listener_.get(); }

  // How many events all queues of the process were offered, those included that did not fit.
  static std::size_t offeredCount();

 private:
  class Delivery;
  class Gap;

  void deliver(Napi::Env env, const Event& event);
  void tellGap(Napi::Env env, std::size_t count);
  napi_value connection(Napi::Env env, std::shared_ptr<Handle> handle);

  const std::shared_ptr<Callback> listener_;
  const QueueOptions options_;
  std::mutex mutex_;
  std::shared_ptr<Handle> connection_;  // null when it has ended
  std::size_t waiting_ = 0;
  std::size_t dropped_ = 0;
  napi_ref wrapped_ = nullptr;  // the JavaScript thread's own
};

}  // namespace libvirt_napi
