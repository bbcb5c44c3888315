#include "stream_events.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace libvirt_napi {

namespace {

class Registry {
 public:
  static Registry& instance() {
    static auto* registry = new Registry;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose
    return *registry;
  }

  std::uintptr_t add(StreamEvent callback) {
    auto kept = std::make_shared<StreamEvent>(std::move(callback));
    const std::scoped_lock lock(mutex_);
    callbacks_.emplace(++last_, std::move(kept));
    return last_;
  }

  void assign(virStreamPtr stream, std::uintptr_t number) {
    const std::scoped_lock lock(mutex_);
    numbers_[stream] = number;
  }

  void removeOf(virStreamPtr stream) {
    std::uintptr_t number = 0;
    {
      const std::scoped_lock lock(mutex_);
      const auto found = numbers_.find(stream);
      if (found == numbers_.end()) {
        return;
      }
      number = found->second;
      numbers_.erase(found);
    }
    remove(number);
  }

  // What the callback holds goes outside the lock.
  void remove(std::uintptr_t number) {
    std::shared_ptr<StreamEvent> last;
    const std::scoped_lock lock(mutex_);
    const auto found = callbacks_.find(number);
    if (found != callbacks_.end()) {
      last = std::move(found->second);
      callbacks_.erase(found);
    }
  }

  std::shared_ptr<StreamEvent> find(std::uintptr_t number) {
    const std::scoped_lock lock(mutex_);
    const auto found = callbacks_.find(number);
    return found == callbacks_.end() ? nullptr : found->second;
  }

 private:
  std::mutex mutex_;
  std::uintptr_t last_ = 0;
  std::unordered_map<std::uintptr_t, std::shared_ptr<StreamEvent>> callbacks_;
  std::unordered_map<virStreamPtr, std::uintptr_t> numbers_;
};

void happened(virStreamPtr stream, int events, void* opaque) {
  if (const auto callback = Registry::instance().find(reinterpret_cast<std::uintptr_t>(opaque))) {
    (*callback)(stream, events);
  }
}

}  // namespace

int addStreamEvent(virStreamPtr stream, int events, StreamEvent callback) {
  const auto number = Registry::instance().add(std::move(callback));
  auto* opaque = reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr): never followed
  const int result = virStreamEventAddCallback(stream, events, happened, opaque, nullptr);
  if (result == 0) {
    Registry::instance().assign(stream, number);
  } else {
    Registry::instance().remove(number);
  }
  return result;
}

int removeStreamEvent(virStreamPtr stream) {
  const int result = virStreamEventRemoveCallback(stream);
  Registry::instance().removeOf(stream);
  return result;
}

}  // namespace libvirt_napi
