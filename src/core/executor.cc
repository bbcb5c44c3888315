#include "executor.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace libvirt_napi {

namespace {
constexpr auto idleTime = std::chrono::seconds(10);
}

Executor& Executor::instance() {
  static auto* executor = new Executor;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose
  return *executor;
}

void Executor::post(std::shared_ptr<Work> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (!parked_.empty()) {
      Thread* thread = parked_.back();
      parked_.pop_back();
      thread->work = std::move(work);
      // Under the lock: the thread may end, and its condition variable with it, as soon as it can take the lock.
      thread->wake.notify_one();
      return;
    }
    ++threads_;
  }
  try {
    std::thread(&Executor::run, this, work).detach();
  } catch (const std::system_error&) {
    const std::scoped_lock lock(mutex_);
    if (--threads_ == 0) {
      throw;
    }
    backlog_.push_back(std::move(work));
  }
}

std::size_t Executor::threadCount() {
  const std::scoped_lock lock(mutex_);
  return threads_;
}

void Executor::run(std::shared_ptr<Work> work) {
  Thread self;
  while (work) {
    work->work();
    work.reset();
    work = park(self);
  }
}

std::shared_ptr<Work> Executor::park(Thread& self) {
  std::unique_lock lock(mutex_);
  if (!backlog_.empty()) {
    auto work = std::move(backlog_.front());
    backlog_.pop_front();
    return work;
  }
  parked_.push_back(&self);
  if (!self.wake.wait_for(lock, idleTime, [&] { return self.work != nullptr; })) {
    std::erase(parked_, &self);
    --threads_;
    return nullptr;
  }
  return std::move(self.work);
}

}  // namespace libvirt_napi
