#include "event_queue.h"

#include <atomic>
#include <utility>

#include "environment.h"
#include "notice.h"

namespace libvirt_napi {

namespace {
std::atomic<std::size_t> offeredTotal{0};
}  // namespace

std::size_t EventQueue::offeredCount() { return offeredTotal; }

class EventQueue::Delivery : public Notice {
 public:
  Delivery(std::shared_ptr<EventQueue> queue, std::shared_ptr<const Event> event)
      : queue_(std::move(queue)), event_(std::move(event)) {}
  void deliver(Napi::Env env) override { queue_->deliver(env, *event_); }

 private:
  std::shared_ptr<EventQueue> queue_;
  std::shared_ptr<const Event> event_;
};

class EventQueue::Gap : public Notice {
 public:
  Gap(std::shared_ptr<EventQueue> queue, std::size_t count) : queue_(std::move(queue)), count_(count) {}
  void deliver(Napi::Env env) override { queue_->tellGap(env, count_); }

 private:
  std::shared_ptr<EventQueue> queue_;
  std::size_t count_;
};

EventQueue::EventQueue(std::shared_ptr<Handle> connection, std::shared_ptr<Callback> listener, QueueOptions options)
    : listener_(std::move(listener)), options_(std::move(options)), connection_(std::move(connection)) {}

EventQueue::~EventQueue() {
  if (wrapped_ != nullptr) {
    listener_->environment()->discard(wrapped_);
  }
}

// Posted under the mutex, so that a gap stands between what came before it and what came after.
void EventQueue::offer(std::shared_ptr<const Event> event) {
  const auto& environment = listener_->environment();
  const std::scoped_lock lock(mutex_);
  if (!connection_) {
    return;
  }
  ++offeredTotal;
  if (waiting_ >= options_.limit) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0) {
    environment->post(std::make_unique<Gap>(shared_from_this(), std::exchange(dropped_, 0)));
  }
  ++waiting_;
  environment->post(std::make_unique<Delivery>(shared_from_this(), std::move(event)));
}

void EventQueue::end() {
  std::shared_ptr<Handle> connection;  // goes after the mutex
  const std::scoped_lock lock(mutex_);
  connection.swap(connection_);
}

void EventQueue::deliver(Napi::Env env, const Event& event) {
  std::shared_ptr<Handle> handle;
  std::size_t lost = 0;
  {
    const std::scoped_lock lock(mutex_);
    --waiting_;
    handle = connection_;
    if (waiting_ == 0) {
      lost = std::exchange(dropped_, 0);
    }
  }
  if (!handle) {
    return;
  }
  try {
    std::vector<napi_value> arguments{connection(env, std::move(handle))};
    event.append(env, arguments);
    listener_->tell(env, arguments);
  } catch (const Napi::Error&) {
    return;  // the environment ends: nobody is there to be told
  }
  if (lost > 0) {
    tellGap(env, lost);
  }
}

void EventQueue::tellGap(Napi::Env env, std::size_t count) {
  {
    const std::scoped_lock lock(mutex_);
    if (!connection_ || !options_.overflow) {
      return;
    }
  }
  options_.overflow->tell(env, {Napi::Number::New(env, static_cast<double>(count))});
}

// One object for all events of a listener.
napi_value EventQueue::connection(Napi::Env env, std::shared_ptr<Handle> handle) {
  napi_value object = nullptr;
  if (wrapped_ == nullptr) {
    object = wrapHandle(env, std::move(handle));
    NAPI_THROW_IF_FAILED(env, napi_create_reference(env, object, 1, &wrapped_), nullptr);
  } else {
    NAPI_THROW_IF_FAILED(env, napi_get_reference_value(env, wrapped_, &object), nullptr);
  }
  return object;
}

QueueOptions Decode<QueueOptions>::from(const Slot& slot) {
  constexpr double most = 1000000;
  QueueOptions options;
  if (slot.missing()) {
    return options;
  }
  const Napi::Value value(slot.env, slot.value);
  if (!value.IsObject() || value.IsArray() || value.IsFunction() || unwrapHandle(slot.env, slot.value) != nullptr) {
    slot.wrongType("an object of limit and overflow");
  }
  const auto object = value.As<Napi::Object>();
  const Napi::Value limit = object.Get("limit");
  if (!limit.IsUndefined()) {
    if (!limit.IsNumber()) {
      slot.wrongType("an object with a number as limit");
    }
    const double number = limit.As<Napi::Number>().DoubleValue();
    if (!(number >= 1 && number <= most) || number != static_cast<double>(static_cast<std::size_t>(number))) {
      slot.wrongRange("an object with an integer from 1 to 1000000 as limit");
    }
    options.limit = static_cast<std::size_t>(number);
  }
  const Napi::Value overflow = object.Get("overflow");
  if (!overflow.IsUndefined()) {
    if (!overflow.IsFunction()) {
      slot.wrongType("an object with a function as overflow");
    }
    options.overflow = Callback::of(slot.env, overflow.As<Napi::Function>());
  }
  return options;
}

}  // namespace libvirt_napi
