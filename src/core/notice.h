// What a thread of ours or of libvirt has to tell the JavaScript thread. One that is never delivered, because the
// environment ends, is destroyed, on any thread.
#pragma once

#include <napi.h>

namespace libvirt_napi {

class Notice {
 public:
  Notice() = default;
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;
  Notice(Notice&&) = delete;
  Notice& operator=(Notice&&) = delete;
  virtual ~Notice() = default;
  virtual void deliver(Napi::Env env) = 0;
};

}  // namespace libvirt_napi
