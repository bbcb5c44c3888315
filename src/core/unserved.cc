#include "unserved.h"

#include <sys/socket.h>

#include <mutex>
#include <unordered_map>
#include <utility>

#include "lane.h"

namespace libvirt_napi {

namespace {

thread_local Unserved* current = nullptr;

struct Sockets {
  std::mutex mutex;
  std::unordered_map<const Lane*, std::shared_ptr<Descriptor>> of;

  static Sockets& all() {
    static auto* sockets = new Sockets;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose
    return *sockets;
  }
};

// An entry of a lane, which goes with the lane at the latest.
class Kept {
 public:
  Kept(const Lane& lane, std::shared_ptr<Descriptor> socket) : lane_(&lane), socket_(std::move(socket)) {
    const std::scoped_lock lock(Sockets::all().mutex);
    Sockets::all().of.emplace(lane_, socket_);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  Kept(Kept&&) = delete;
  Kept& operator=(Kept&&) = delete;
  ~Kept() {
    const std::scoped_lock lock(Sockets::all().mutex);
    Sockets::all().of.erase(lane_);
  }
  void cut() const { cutLink(*socket_); }

 private:
  const Lane* lane_;
  std::shared_ptr<Descriptor> socket_;
};

}  // namespace

Unserved::Unserved() { current = this; }
Unserved::~Unserved() { current = nullptr; }

bool Unserved::takes(int fd) {
  if (current == nullptr) {
    return false;
  }
  current->socket_ = std::make_shared<Descriptor>(Descriptor::duplicateOf(fd));
  return true;
}

void Unserved::keepFor(Lane& lane) const {
  if (socket_) {
    // Whoever waits for it when the connection is closed learns that nothing comes any more.
    lane.endings().add([kept = std::make_shared<Kept>(lane, socket_)] { kept->cut(); });
  }
}

std::shared_ptr<Descriptor> Unserved::socketOf(const Lane& lane) {
  const std::scoped_lock lock(Sockets::all().mutex);
  const auto found = Sockets::all().of.find(&lane);
  return found == Sockets::all().of.end() ? nullptr : found->second;
}

void cutLink(const Descriptor& socket) { shutdown(socket.number(), SHUT_RDWR); }

}  // namespace libvirt_napi
