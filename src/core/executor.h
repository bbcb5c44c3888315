// The threads that all blocking work runs on: as many as there is work, none of them libuv's.
// libuv's pool has four threads; four hung calls in it would stop the user's file system and DNS.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "semaphore.h"

namespace libvirt_napi {

class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  Work(Work&&) = delete;
  Work& operator=(Work&&) = delete;
  virtual ~Work() = default;
  // Gets the reference by which it is kept, so that it is not kept for longer than it wants.
  virtual void work(std::shared_ptr<Work> self) = 0;
};

class Executor {
 public:
  // Never destroyed: threads may still be inside libvirt when the process runs its static destructors.
  static Executor& instance();

  // Keeps no reference of its own. Throws std::system_error only when there is no thread and none can be made, and then
  // leaves the work where it was.
  void post(std::shared_ptr<Work>&& work);

  // For a thread of ours that is about to be free: work may come to it before it has gone to sleep. A result that is
  // delivered after this makes the caller's next call land on the same thread, without waking anybody.
  void offer();

  std::size_t threadCount();

 private:
  struct Thread : std::enable_shared_from_this<Thread> {
    Semaphore given;
    std::shared_ptr<Work> work;
    bool offered = false;  // the thread's own
    bool stays = false;    // a wait without end costs less, and one idle thread does no harm
  };

  void run(const std::shared_ptr<Thread>& self);
  std::shared_ptr<Work> next(const std::shared_ptr<Thread>& self);
  // False when nothing came for long.
  static bool sleep(Thread& self);
  static void give(Thread& thread, std::shared_ptr<Work> work);
  // Both want the mutex held.
  void addFree(std::shared_ptr<Thread> thread);
  // Null when none is free.
  std::shared_ptr<Thread> takeFree();

  static thread_local Thread* current;

  std::mutex mutex_;
  std::vector<std::shared_ptr<Thread>> free_;  // the last one is taken first: its caches are warm, the others age out
  std::deque<std::shared_ptr<Work>> backlog_;  // filled only while the system refuses more threads, and none is free
  std::size_t threads_ = 0;
  std::size_t starting_ = 0;  // of these
};

}  // namespace libvirt_napi
