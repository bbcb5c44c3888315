#include "event_loop.h"

#include <libvirt/libvirt.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "error.h"

namespace libvirt_napi {

namespace {

// For ever: libvirt has no way to unregister a loop, and one that nobody runs lets keepalive kill connections.
void runForEver() {
  for (;;) {
    if (virEventRunDefaultImpl() < 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

}  // namespace

void ensureEventLoop() {
  static std::mutex mutex;
  static bool running = false;
  const std::scoped_lock lock(mutex);
  if (running) {
    return;
  }
  check(virInitialize());
  check(virEventRegisterDefaultImpl());
  std::thread(runForEver).detach();
  running = true;
}

}  // namespace libvirt_napi
