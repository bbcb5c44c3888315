// One thread asks another to end what it does, whatever that waits for.
#pragma once

#include <libvirt/virterror.h>

#include <functional>
#include <mutex>
#include <utility>

#include "error.h"

namespace libvirt_napi {

class Stop {
 public:
  void request() {
    std::function<void()> wake;
    {
      const std::scoped_lock lock(mutex_);
      requested_ = true;
      wake = wake_;
    }
    if (wake) {
      wake();
    }
  }
  // Brings who waits to look. It may still be run after another one, or none, has taken its place.
  void wakeBy(std::function<void()> wake) {
    const std::scoped_lock lock(mutex_);
    wake_ = std::move(wake);
  }

  [[nodiscard]] bool requested() const {
    const std::scoped_lock lock(mutex_);
    return requested_;
  }
  void check() const {
    if (requested()) {
      throw Failure(ErrorRecord{.code = VIR_ERR_OPERATION_ABORTED,
                                .domain = VIR_FROM_STREAMS,
                                .level = VIR_ERR_ERROR,
                                .message = "operation aborted: the stream was given up"});
    }
  }

 private:
  mutable std::mutex mutex_;
  bool requested_ = false;
  std::function<void()> wake_;
};

}  // namespace libvirt_napi
