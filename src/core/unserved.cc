#include "unserved.h"

#include <sys/socket.h>

#include <mutex>
#include <unordered_map>
#include <utility>

#include "lane.h"

namespace libvirt_napi {

namespace {

thread_local Unserved* current = nullptr;

struct Links {
  std::mutex mutex;
  std::unordered_map<const Lane*, std::shared_ptr<StreamLink>> of;

  static Links& all() {
    static auto* links = new Links;  // NOLINT(cppcoreguidelines-owning-memory): leaked on purpose
    return *links;
  }
};

// An entry of a lane, which goes with the lane at the latest.
class Kept {
 public:
  Kept(const Lane& lane, std::shared_ptr<StreamLink> link) : lane_(&lane), link_(std::move(link)) {
    const std::scoped_lock lock(Links::all().mutex);
    Links::all().of.emplace(lane_, link_);
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  Kept(Kept&&) = delete;
  Kept& operator=(Kept&&) = delete;
  ~Kept() {
    const std::scoped_lock lock(Links::all().mutex);
    Links::all().of.erase(lane_);
  }
  void cut() const { link_->cut(); }

 private:
  const Lane* lane_;
  std::shared_ptr<StreamLink> link_;
};

}  // namespace

Unserved::Unserved() { current = this; }
Unserved::~Unserved() { current = nullptr; }

bool Unserved::takes(int fd) {
  if (current == nullptr) {
    return false;
  }
  current->link_ = std::make_shared<StreamLink>(Descriptor::duplicateOf(fd));
  return true;
}

void Unserved::keepFor(Lane& lane) const {
  if (link_) {
    // Whoever waits for it when the connection is closed learns that nothing comes any more.
    lane.endings().add([kept = std::make_shared<Kept>(lane, link_)] { kept->cut(); });
  }
}

std::shared_ptr<StreamLink> Unserved::linkOf(const Lane& lane) {
  const std::scoped_lock lock(Links::all().mutex);
  const auto found = Links::all().of.find(&lane);
  return found == Links::all().of.end() ? nullptr : found->second;
}

void StreamLink::cut() const {
  stop_->request();
  shutdown(socket(), SHUT_RDWR);
}

}  // namespace libvirt_napi
