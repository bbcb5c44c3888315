#include "executor.h"

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

namespace libvirt_napi {

namespace {
constexpr auto idleTime = std::chrono::seconds(10);
}

thread_local Executor::Thread* Executor::current = nullptr;

Executor& Executor::instance() {
  static auto* executor = new Executor;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose
  return *executor;
}

void Executor::post(std::shared_ptr<Work>&& work) {
  std::shared_ptr<Thread> thread;
  {
    const std::scoped_lock lock(mutex_);
    thread = takeFree();
    if (!thread) {
      ++threads_;
      ++starting_;
    }
  }
  if (!thread) {
    const auto started = std::make_shared<Thread>();
    started->work = std::move(work);
    try {
      std::thread(&Executor::run, this, started).detach();
      const std::scoped_lock lock(mutex_);
      --starting_;
      return;
    } catch (const std::system_error&) {
      work = std::move(started->work);
      const std::scoped_lock lock(mutex_);
      --threads_;
      --starting_;
      // One may have become free in the meantime, and nobody would wake it for what is in the backlog.
      thread = takeFree();
      if (!thread && threads_ == starting_) {
        throw;
      }
      if (!thread) {
        backlog_.push_back(std::move(work));
        return;
      }
    }
  }
  give(*thread, std::move(work));
}

std::shared_ptr<Executor::Thread> Executor::takeFree() {
  if (free_.empty()) {
    return nullptr;
  }
  auto thread = std::move(free_.back());
  free_.pop_back();
  return thread;
}

void Executor::addFree(std::shared_ptr<Thread> thread) {
  thread->stays = free_.empty();
  free_.push_back(std::move(thread));
}

void Executor::give(Thread& thread, std::shared_ptr<Work> work) {
  thread.work = std::move(work);
  thread.given.release();
}

std::size_t Executor::threadCount() {
  const std::scoped_lock lock(mutex_);
  return threads_;
}

void Executor::run(const std::shared_ptr<Thread>& self) {
  current = self.get();
  auto work = std::move(self->work);
  while (work) {
    Work& now = *work;
    now.work(std::move(work));
    work = next(self);
  }
}

void Executor::offer() {
  if (current == nullptr || current->offered) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (backlog_.empty()) {
    current->offered = true;
    addFree(current->shared_from_this());
  }
}

std::shared_ptr<Work> Executor::next(const std::shared_ptr<Thread>& self) {
  if (!std::exchange(self->offered, false)) {
    const std::scoped_lock lock(mutex_);
    if (!backlog_.empty()) {
      auto work = std::move(backlog_.front());
      backlog_.pop_front();
      return work;
    }
    addFree(self);
  }
  for (;;) {
    if (sleep(*self)) {
      return std::move(self->work);
    }
    const std::scoped_lock lock(mutex_);
    if (std::erase(free_, self) > 0) {
      --threads_;
      return nullptr;
    }
    // Somebody has taken it from the list in this moment: the work is on its way.
  }
}

bool Executor::sleep(Thread& self) {
  if (!self.stays) {
    return self.given.acquireFor(idleTime);
  }
  self.given.acquire();
  return true;
}

}  // namespace libvirt_napi
