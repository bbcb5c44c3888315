// Works around a lost wake-up in libvirt's client (seen in 9.0, with the loop that came in 6.1): a request that is queued
// in the moment in which another thread of the connection goes to wait for its reply may stay unsent until something
// else arrives. So when calls of one connection overlap for longer than a moment, one cheap request more is made.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

namespace libvirt_napi {

class Lane;

class Nudger {
 public:
  static constexpr auto delay = std::chrono::milliseconds(20);

  // Never destroyed, as the executor.
  static Nudger& instance();
  // Whether the libvirt that is loaded wants this.
  static bool needed();

  // Has the lane looked at after the delay.
  // False when there is no thread for it.
  [[nodiscard]] bool watch(std::weak_ptr<Lane> lane);

 private:
  struct Watch {
    std::chrono::steady_clock::time_point due;
    std::weak_ptr<Lane> lane;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Watch> watches_;  // in the order of their times, since all wait equally long
  bool running_ = false;
};

}  // namespace libvirt_napi
