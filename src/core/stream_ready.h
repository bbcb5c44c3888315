// When a stream has something to read, or its connection room for something to write, without a thread that waits for it.
#pragma once

#include <libvirt/libvirt.h>

#include <memory>
#include <mutex>

#include "callback.h"
#include "handle.h"
#include "unserved.h"

namespace libvirt_napi {

class StreamReady : public std::enable_shared_from_this<StreamReady> {
 public:
  static constexpr int readable = 1;
  static constexpr int writable = 2;

  // The callback gets what is the case, of what was asked for.
  StreamReady(std::shared_ptr<Handle> stream, std::shared_ptr<Callback> callback);

  // All on the JavaScript thread. What is wanted is told once: a stream that stays writable would be told without end.
  void ask(int wanted);
  void end();

 private:
  using Shared = std::shared_ptr<StreamReady>;
  static void onSocket(int watch, int fd, int events, void* opaque);
  void askSocket();
  bool askStream();
  void happened(int events);

  std::shared_ptr<Handle> stream_;
  std::shared_ptr<StreamLink> link_;
  int watch_ = -1;
  bool registered_ = false;

  std::mutex mutex_;
  std::shared_ptr<Callback> callback_;  // null after the end
  int wanted_ = 0;
};

}  // namespace libvirt_napi
