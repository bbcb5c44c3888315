#include "lane.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <utility>

#include "call.h"
#include "executor.h"
#include "nudge.h"
#include "unserved.h"

namespace libvirt_napi {

namespace {
thread_local Lane* currentLane = nullptr;
std::atomic<std::size_t> handleTotal{0};
}  // namespace

// Gives back what garbage collection left, so that a slow last unref holds up nobody but its own lane.
class Lane::Sweep : public Work {
 public:
  explicit Sweep(std::shared_ptr<Lane> lane) : lane_(std::move(lane)) {}
  void work() override { lane_->sweep(); }

 private:
  std::shared_ptr<Lane> lane_;
};

class Lane::Nudge : public Work {
 public:
  Nudge(std::shared_ptr<Lane> lane, std::shared_ptr<Handle> connection)
      : lane_(std::move(lane)), connection_(std::move(connection)) {}
  void work() override {
    unsigned long version = 0;
    virConnectGetLibVersion(connection_->get<virConnect>(), &version);
    lane_->nudged();
  }

 private:
  std::shared_ptr<Lane> lane_;
  std::shared_ptr<Handle> connection_;
};

Lane& Lane::current() { return *currentLane; }

Lane::Here::Here(Lane& lane) { currentLane = &lane; }
Lane::Here::~Here() { currentLane = nullptr; }

Lane::Hold::Hold(std::shared_ptr<Lane> lane) : lane_(std::move(lane)) {
  const std::scoped_lock lock(lane_->mutex_);
  if (lane_->state_ != State::open) {
    throw Failure(ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the other connection is closed"));
  }
  ++lane_->aside_;
}
Lane::Hold::~Hold() { lane_->asideDone(); }

std::optional<ErrorRecord> Lane::refusal() const {
  return state_ == State::open ? lost_ : ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the connection is closed");
}

std::optional<ErrorRecord> Lane::enqueue(std::shared_ptr<Call> call) {
  std::shared_ptr<Call> next;
  {
    const std::scoped_lock lock(mutex_);
    if (auto refused = refusal()) {
      return refused;
    }
    auto& queue = call->quick() ? quick_ : waiting_;
    queue.push_back({order_++, std::move(call)});
    next = pick();
  }
  if (next) {
    start({std::move(next)});
  }
  return std::nullopt;
}

std::optional<ErrorRecord> Lane::runAside(const std::shared_ptr<Call>& call) {
  {
    const std::scoped_lock lock(mutex_);
    if (auto refused = refusal()) {
      return refused;
    }
    ++aside_;
    call->begin();
  }
  start({call});
  return std::nullopt;
}

void Lane::start(const std::vector<std::shared_ptr<Call>>& calls) {
  for (const auto& call : calls) {
    try {
      Executor::instance().post(call);
    } catch (const std::system_error& refused) {
      call->fail(std::string("no thread could be started: ") + refused.what());
      call->deliver();
      if (auto next = finished(*call)) {
        start({std::move(next)});
      }
    }
  }
}

std::shared_ptr<Call> Lane::pick() {
  while (running_ < maxCalls_ && !barred_) {
    const bool mayWait = runningWaiting_ < std::max(1U, maxCalls_ - 1);
    const bool takeWaiting =
        mayWait && !waiting_.empty() && (quick_.empty() || waiting_.front().order < quick_.front().order);
    auto& queue = takeWaiting ? waiting_ : quick_;
    if (queue.empty()) {
      return nullptr;
    }
    auto call = std::move(queue.front().call);
    queue.pop_front();
    if (call->begin()) {
      ++running_;
      runningWaiting_ += takeWaiting ? 1U : 0U;
      barred_ = call->barrier();
      watchOverlap();
      return call;
    }
  }
  return nullptr;
}

void Lane::watchOverlap() {
  // A stream's own connection may be one whose requests the daemon does not read: nothing must be sent on it unasked.
  if (running_ > 1 && !watched_ && Nudger::needed() && !Unserved::socketOf(*this)) {
    watched_ = true;
    Nudger::instance().watch(weak_from_this());
  }
}

void Lane::nudge() {
  constexpr unsigned most = 2;  // a nudge may get lost as well
  std::shared_ptr<Work> work;
  {
    const std::scoped_lock lock(mutex_);
    watched_ = false;
    const auto connection = connection_.lock();
    if (running_ < 2 || state_ != State::open || lost_ || !connection ||
        &connection->type() != &HandleTraits<virConnect>::type) {
      return;
    }
    if (nudging_ < most) {
      ++nudging_;
      ++aside_;
      work = std::make_shared<Nudge>(shared_from_this(), connection);
    }
  }
  if (work) {
    try {
      Executor::instance().post(work);
    } catch (const std::system_error&) {
      nudged();
    }
  }
}

void Lane::nudged() {
  {
    const std::scoped_lock lock(mutex_);
    --nudging_;
  }
  asideDone();
}

void Lane::asideDone() {
  std::shared_ptr<Call> next;
  {
    const std::scoped_lock lock(mutex_);
    --aside_;
    next = pickCloser();
  }
  if (next) {
    start({std::move(next)});
  }
}

std::shared_ptr<Call> Lane::pickCloser() {
  return running_ == 0 && aside_ == 0 && !sweeping_ ? std::exchange(closer_, nullptr) : nullptr;
}

void Lane::run(std::shared_ptr<Call> call) {
  while (call) {
    {
      const Here here(*this);
      call->perform();
    }
    auto next = finished(*call);
    if (next && call->barrier()) {
      startMore();
    }
    if (!next) {
      Executor::instance().offer();
    }
    call->deliver();
    call = std::move(next);
  }
}

std::shared_ptr<Call> Lane::finished(const Call& call) {
  const std::scoped_lock lock(mutex_);
  if (call.aside()) {
    --aside_;
  } else if (running_ > 0) {  // the closer runs outside the count
    --running_;
    runningWaiting_ -= call.quick() ? 0U : 1U;
    barred_ = barred_ && !call.barrier();
  }
  return state_ == State::open ? pick() : pickCloser();
}

void Lane::setMaxCalls(unsigned maxCalls) {
  {
    const std::scoped_lock lock(mutex_);
    maxCalls_ = std::max(1U, maxCalls);
  }
  startMore();
}

void Lane::startMore() {
  std::vector<std::shared_ptr<Call>> more;
  {
    const std::scoped_lock lock(mutex_);
    while (auto call = state_ == State::open ? pick() : nullptr) {
      more.push_back(std::move(call));
    }
  }
  start(more);
}

bool Lane::close(std::shared_ptr<Call> closer, std::vector<std::shared_ptr<Call>>& waiting) {
  std::shared_ptr<Call> now;
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::open) {
      return false;
    }
    state_ = State::closing;
    empty(waiting);
    closer->begin();
    closer_ = std::move(closer);
    now = pickCloser();
  }
  if (now) {
    start({std::move(now)});
  }
  return true;
}

void Lane::empty(std::vector<std::shared_ptr<Call>>& into) {
  for (auto* queue : {&waiting_, &quick_}) {
    for (auto& queued : *queue) {
      if (queued.call->drop()) {
        into.push_back(std::move(queued.call));
      }
    }
    queue->clear();
  }
}

bool Lane::lose(const ErrorRecord& why, std::vector<std::shared_ptr<Call>>& waiting) {
  const std::scoped_lock lock(mutex_);
  if (lost_) {
    return false;
  }
  lost_ = why;
  empty(waiting);
  return true;
}

bool Lane::lost() {
  const std::scoped_lock lock(mutex_);
  return lost_.has_value();
}

bool Lane::open() {
  const std::scoped_lock lock(mutex_);
  return state_ == State::open;
}

int Lane::releaseAll() {
  endings_.run();
  std::vector<Garbage> all;
  const auto connection = connection_.lock();
  void* connectionPointer = nullptr;
  {
    const std::scoped_lock lock(mutex_);
    all.swap(garbage_);
    while (handles_ != nullptr) {
      Handle& handle = *handles_;
      unlink(handle);
      void* pointer = std::exchange(handle.pointer_, nullptr);
      if (&handle == connection.get()) {
        connectionPointer = pointer;
      } else if (pointer != nullptr) {
        all.push_back({pointer, handle.type_.release});
      }
    }
    state_ = State::closed;
  }
  for (const auto& item : all) {
    item.release(item.pointer);
  }
  return connectionPointer == nullptr ? 0 : connection->type().release(connectionPointer);
}

std::shared_ptr<Handle> Lane::adopt(const HandleType& type, void* pointer) {
  auto parent = connection_.lock();
  auto handle = std::make_shared<Handle>(type, pointer, shared_from_this(), parent);
  if (!parent) {  // what is made first on a lane is its connection
    connection_ = handle;
  }
  return handle;
}

bool Lane::alive() {
  const auto connection = connection_.lock();
  if (!connection) {
    return true;
  }
  return &connection->type() == &HandleTraits<virConnect>::type
             ? virConnectIsAlive(connection->get<virConnect>()) != 0
             : virAdmConnectIsAlive(connection->get<virAdmConnect>()) != 0;
}

void Lane::attach(Handle& handle) {
  ++handleTotal;
  const std::scoped_lock lock(mutex_);
  handle.next_ = handles_;
  if (handles_ != nullptr) {
    handles_->previous_ = &handle;
  }
  handles_ = &handle;
}

void Lane::unlink(Handle& handle) {
  if (handle.previous_ != nullptr) {
    handle.previous_->next_ = handle.next_;
  } else if (handles_ == &handle) {
    handles_ = handle.next_;
  }
  if (handle.next_ != nullptr) {
    handle.next_->previous_ = handle.previous_;
  }
  handle.previous_ = handle.next_ = nullptr;
}

void Lane::detach(Handle& handle) {
  --handleTotal;
  {
    const std::scoped_lock lock(mutex_);
    unlink(handle);
    if (handle.pointer_ == nullptr) {
      return;
    }
    garbage_.push_back({handle.pointer_, handle.type_.release});
    if (sweeping_ || state_ == State::closing) {
      return;
    }
    sweeping_ = true;
  }
  try {
    Executor::instance().post(std::make_shared<Sweep>(shared_from_this()));
  } catch (const std::system_error&) {
    const std::scoped_lock lock(mutex_);
    sweeping_ = false;  // the next handle that goes tries again
  }
}

void Lane::sweep() {
  std::vector<Garbage> batch;
  for (;;) {
    std::shared_ptr<Call> closer;
    {
      const std::scoped_lock lock(mutex_);
      batch.clear();
      if (state_ == State::closing || garbage_.empty()) {
        sweeping_ = false;
        closer = pickCloser();
        batch.clear();
      } else {
        batch.swap(garbage_);
      }
    }
    if (closer) {
      run(std::move(closer));
    }
    if (batch.empty()) {
      return;
    }
    // The connection, forgotten without having been closed, is the last that goes.
    if (connection_.expired()) {
      endings_.run();
    }
    for (const auto& item : batch) {
      item.release(item.pointer);
    }
  }
}

std::size_t Lane::handleCount() { return handleTotal; }

}  // namespace libvirt_napi
