// What has to happen before something ends, unless it is taken back before: the newest first.
#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

namespace libvirt_napi {

class Endings {
 public:
  using Ending = std::function<void()>;

  std::uint64_t add(Ending ending) {
    const std::scoped_lock lock(mutex_);
    endings_.emplace(++last_, std::move(ending));
    return last_;
  }

  // False when it has been run, or is being run.
  bool takeBack(std::uint64_t ending) {
    std::map<std::uint64_t, Ending>::node_type taken;
    const std::scoped_lock lock(mutex_);
    taken = endings_.extract(ending);
    return !taken.empty();
  }

  void run() {
    for (;;) {
      Ending ending;
      {
        const std::scoped_lock lock(mutex_);
        if (endings_.empty()) {
          return;
        }
        ending = std::move(endings_.extract(std::prev(endings_.end())).mapped());
      }
      ending();
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, Ending> endings_;
  std::uint64_t last_ = 0;
};

}  // namespace libvirt_napi
