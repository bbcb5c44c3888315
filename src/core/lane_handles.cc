// What a lane's connection and all that was found through it come to: references, given back by threads of ours.
#include <atomic>
#include <system_error>
#include <utility>
#include <vector>

#include "call.h"
#include "executor.h"
#include "lane.h"
#include "process_end.h"

namespace libvirt_napi {

namespace {
std::atomic<std::size_t> handleTotal{0};
}  // namespace

// Gives back what garbage collection left, so that a slow last unref holds up nobody but its own lane.
class Lane::Sweep : public Work {
 public:
  explicit Sweep(std::shared_ptr<Lane> lane) : lane_(std::move(lane)) {}
  void work(std::shared_ptr<Work> /*self*/) override { lane_->sweep(); }

 private:
  std::shared_ptr<Lane> lane_;
};

int Lane::releaseAll() {
  endings_.run();
  std::vector<Garbage> all;
  const auto connection = connection_.lock();
  void* connectionPointer = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    all.swap(garbage_);
    while (handles_ != nullptr) {
      Handle& handle = *handles_;
      unlink(handle);
      void* pointer = std::exchange(handle.pointer_, nullptr);
      if (&handle == connection.get()) {
        connectionPointer = pointer;
      } else if (pointer != nullptr) {
        all.push_back({pointer, handle.type_.release});
      }
    }
    state_ = State::closed;
  }
  for (const auto& item : all) {
    item.release(item.pointer);
  }
  return connectionPointer == nullptr ? 0 : connection->type().release(connectionPointer);
}

std::shared_ptr<Handle> Lane::adopt(const HandleType& type, void* pointer) {
  auto parent = connection_.lock();
  auto handle = std::make_shared<Handle>(type, pointer, shared_from_this(), parent);
  if (!parent) {  // what is made first on a lane is its connection
    connection_ = handle;
  }
  return handle;
}

void Lane::attach(Handle& handle) {
  ++handleTotal;
  const std::scoped_lock lock(mutex_);
  handle.next_ = handles_;
  if (handles_ != nullptr) {
    handles_->previous_ = &handle;
  }
  handles_ = &handle;
}

void Lane::unlink(Handle& handle) {
  if (handle.previous_ != nullptr) {
    handle.previous_->next_ = handle.next_;
  } else if (handles_ == &handle) {
    handles_ = handle.next_;
  }
  if (handle.next_ != nullptr) {
    handle.next_->previous_ = handle.previous_;
  }
  handle.previous_ = handle.next_ = nullptr;
}

void Lane::detach(Handle& handle) {
  --handleTotal;
  {
    const std::scoped_lock lock(mutex_);
    unlink(handle);
    if (handle.pointer_ == nullptr) {
      return;
    }
    garbage_.push_back({handle.pointer_, handle.type_.release});
    if (sweeping_ || state_ == State::closing) {
      return;
    }
    sweeping_ = true;
  }
  try {
    Executor::instance().post(std::make_shared<Sweep>(shared_from_this()));
  } catch (const std::system_error&) {
    std::shared_ptr<Call> closer;
    {
      const std::scoped_lock lock(mutex_);
      sweeping_ = false;  // the next handle that goes tries again
      closer = pickCloser();
    }
    if (closer) {
      start({std::move(closer)});
    }
  }
}

void Lane::sweep() {
  std::vector<Garbage> batch;
  for (;;) {
    std::shared_ptr<Call> closer;
    {
      const std::scoped_lock lock(mutex_);
      batch.clear();
      if (state_ == State::closing || garbage_.empty()) {
        sweeping_ = false;
        closer = pickCloser();
        batch.clear();
      } else {
        batch.swap(garbage_);
      }
    }
    if (closer) {
      run(std::move(closer));
    }
    if (batch.empty()) {
      return;
    }
    const ProcessEnd::Inside inside;
    // The connection, forgotten without having been closed, is the last that goes.
    if (connection_.expired()) {
      endings_.run();
    }
    for (const auto& item : batch) {
      item.release(item.pointer);
    }
  }
}

std::size_t Lane::handleCount() { return handleTotal; }

}  // namespace libvirt_napi
