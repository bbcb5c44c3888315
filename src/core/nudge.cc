#include "nudge.h"

#include <libvirt/libvirt.h>

#include <system_error>
#include <thread>
#include <utility>

#include "lane.h"

namespace libvirt_napi {

Nudger& Nudger::instance() {
  static auto* nudger = new Nudger;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose
  return *nudger;
}

bool Nudger::needed() {
  // 10.4.0 mended the last known fault of that loop (CVE-2024-4418).
  constexpr unsigned long mended = 10004000;
  static const bool old = [] {
    unsigned long version = 0;
    return virGetVersion(&version, nullptr, nullptr) == 0 && version < mended;
  }();
  return old;
}

bool Nudger::watch(std::weak_ptr<Lane> lane) {
  const std::scoped_lock lock(mutex_);
  watches_.push_back({std::chrono::steady_clock::now() + delay, std::move(lane)});
  if (!running_) {
    try {
      std::thread(&Nudger::run, this).detach();
      running_ = true;
    } catch (const std::system_error&) {
      watches_.clear();  // the next overlap tries again
      return false;
    }
  }
  if (watches_.size() == 1) {
    wake_.notify_one();
  }
  return true;
}

void Nudger::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return !watches_.empty(); });
    const auto due = watches_.front().due;
    lock.unlock();
    std::this_thread::sleep_until(due);
    lock.lock();
    const auto lane = watches_.front().lane.lock();
    watches_.pop_front();
    if (lane) {
      lock.unlock();
      lane->nudge();
      lock.lock();
    }
  }
}

}  // namespace libvirt_napi
