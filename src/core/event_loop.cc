#include "event_loop.h"

#include <libvirt/libvirt.h>

#include <mutex>

#include "error.h"

namespace libvirt_napi {

void ensureEventLoop() {
  static std::mutex mutex;
  static bool running = false;
  const std::scoped_lock lock(mutex);
  if (running) {
    return;
  }
  check(virInitialize());
  startEventLoop();
  running = true;
}

}  // namespace libvirt_napi
