// The threads that all blocking work runs on: as many as there is work, none of them libuv's.
// libuv's pool has four threads; four hung calls in it would stop the user's file system and DNS.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace libvirt_napi {

class Work {
 public:
  Work() = default;
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;
  Work(Work&&) = delete;
  Work& operator=(Work&&) = delete;
  virtual ~Work() = default;
  virtual void work() = 0;
};

class Executor {
 public:
  // Never destroyed: threads may still be inside libvirt when the process runs its static destructors.
  static Executor& instance();

  // Throws std::system_error only when there is no thread and none can be made.
  void post(std::shared_ptr<Work> work);

  std::size_t threadCount();

 private:
  struct Thread {
    std::condition_variable wake;
    std::shared_ptr<Work> work;
  };

  void run(std::shared_ptr<Work> work);
  std::shared_ptr<Work> park(Thread& self);

  std::mutex mutex_;
  std::vector<Thread*> parked_;  // the last one is woken first: its caches are warm and the others age out
  std::deque<std::shared_ptr<Work>> backlog_;  // only filled while the system refuses more threads
  std::size_t threads_ = 0;
};

}  // namespace libvirt_napi
