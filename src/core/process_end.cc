#include "process_end.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

namespace libvirt_napi {

namespace {

// For a daemon that never answers the process must not wait: its end is worth more than the farewell.
constexpr auto longest = std::chrono::milliseconds(500);

std::atomic<bool> begun{false};
std::atomic<unsigned> inside{0};

void waitForOthers() {
  begun = true;
  const auto deadline = std::chrono::steady_clock::now() + longest;
  while (inside != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

ProcessEnd::Inside::Inside() {
  ++inside;
  if (!begun) {
    return;
  }
  --inside;
  for (;;) {
    std::this_thread::sleep_for(std::chrono::hours(1));
  }
}

ProcessEnd::Inside::~Inside() { --inside; }

void ProcessEnd::watch() { [[maybe_unused]] static const int registered = std::atexit(waitForOthers); }

}  // namespace libvirt_napi
