// libvirt's own loop, where there is no epoll.
#include <libvirt/libvirt.h>

#include <chrono>
#include <thread>

#include "error.h"
#include "event_loop.h"

namespace libvirt_napi {

namespace {

void runForEver() {
  for (;;) {
    if (virEventRunDefaultImpl() < 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
}

}  // namespace

void startEventLoop() {
  check(virEventRegisterDefaultImpl());
  std::thread(runForEver).detach();
}

}  // namespace libvirt_napi
