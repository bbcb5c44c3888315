// What an idle thread of ours sleeps on. A condition variable would cost it a system call more each time: its mutex counts
// as wanted by others when the thread wakes up, and has to be given back through the kernel. A std::binary_semaphore yields
// a few times before it sleeps in GNU's library: a small call takes twice as long.
#pragma once

#ifdef __linux__

#include <semaphore.h>

#include <cerrno>
#include <chrono>
#include <ctime>

namespace libvirt_napi {

class Semaphore {
 public:
  Semaphore() { sem_init(&semaphore_, 0, 0); }
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  Semaphore(Semaphore&&) = delete;
  Semaphore& operator=(Semaphore&&) = delete;
  ~Semaphore() { sem_destroy(&semaphore_); }

  void release() { sem_post(&semaphore_); }

  void acquire() {
    while (sem_wait(&semaphore_) != 0) {
    }
  }

  // Whether it was released in that time.
  bool acquireFor(std::chrono::seconds time) {
    timespec until{};
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += time.count();
    while (sem_timedwait(&semaphore_, &until) != 0) {
      if (errno == ETIMEDOUT) {
        return false;
      }
    }
    return true;
  }

 private:
  sem_t semaphore_{};
};

}  // namespace libvirt_napi

#else

#include <chrono>
#include <semaphore>

namespace libvirt_napi {

class Semaphore {
 public:
  void release() { semaphore_.release(); }
  void acquire() { semaphore_.acquire(); }
  bool acquireFor(std::chrono::seconds time) { return semaphore_.try_acquire_for(time); }

 private:
  std::binary_semaphore semaphore_{0};
};

}  // namespace libvirt_napi

#endif
