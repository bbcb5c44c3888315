#include "lane.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "call.h"
#include "executor.h"
#include "nudge.h"
#include "process_end.h"
#include "unserved.h"

namespace libvirt_napi {

namespace {
thread_local Lane* currentLane = nullptr;
}  // namespace

class Lane::Nudge : public Work {
 public:
  Nudge(std::shared_ptr<Lane> lane, std::shared_ptr<Handle> connection)
      : lane_(std::move(lane)), connection_(std::move(connection)) {}
  void work(std::shared_ptr<Work> /*self*/) override {
    {
      const ProcessEnd::Inside inside;
      unsigned long version = 0;
      virConnectGetLibVersion(connection_->get<virConnect>(), &version);
    }
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
  Calls dead;
  {
    const std::scoped_lock lock(mutex_);
    if (auto refused = refusal()) {
      return refused;
    }
    call->order_ = order_++;
    auto& queue = call->quick() ? quick_ : waiting_;
    queue.push_back(std::move(call));
    next = pick(dead);
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
    watchOverlap();
  }
  start({call});
  return std::nullopt;
}

void Lane::takeOut(const Call& call) {
  std::shared_ptr<Call> dead;
  const std::scoped_lock lock(mutex_);
  auto& queue = call.quick() ? quick_ : waiting_;
  const auto found = std::ranges::lower_bound(queue, call.order_, {}, [](const auto& each) { return each->order_; });
  if (found != queue.end() && found->get() == &call) {
    dead = std::move(*found);
    queue.erase(found);
  }
}

void Lane::start(Calls calls) {
  while (!calls.empty()) {
    std::shared_ptr<Work> work = std::move(calls.back());
    calls.pop_back();
    try {
      Executor::instance().post(std::move(work));
    } catch (const std::system_error& noThread) {
      auto call = std::static_pointer_cast<Call>(std::move(work));
      refused(*call, noThread.what());
      if (auto next = finished(*call)) {
        calls.push_back(std::move(next));
      }
      const bool barrier = call->barrier();
      Call::deliver(std::move(call));
      if (barrier) {
        startMore();
      }
    }
  }
}

void Lane::refused(Call& call, const std::string& why) {
  call.fail("no thread could be started: " + why);
  if (call.closes()) {  // it may be tried again
    const std::scoped_lock lock(mutex_);
    state_ = State::open;
  }
}

std::shared_ptr<Call> Lane::pick(Calls& dead) {
  while (running_ < maxCalls_ && !barred_) {
    const bool mayWait = runningWaiting_ < std::max(1U, maxCalls_ - 1);
    const bool takeWaiting =
        mayWait && !waiting_.empty() && (quick_.empty() || waiting_.front()->order_ < quick_.front()->order_);
    auto& queue = takeWaiting ? waiting_ : quick_;
    if (queue.empty()) {
      return nullptr;
    }
    auto call = std::move(queue.front());
    queue.pop_front();
    if (!call->begin()) {
      dead.push_back(std::move(call));
      continue;
    }
    ++running_;
    runningWaiting_ += takeWaiting ? 1U : 0U;
    barred_ = call->barrier();
    watchOverlap();
    return call;
  }
  return nullptr;
}

void Lane::watchOverlap() {
  if (running_ + aside_ - nudging_ < 2 || !Nudger::needed()) {
    return;
  }
  again_ = watched_;
  // A stream's own connection may be one whose requests the daemon does not read: nothing must be sent on it unasked.
  if (!watched_ && !Unserved::linkOf(*this)) {
    watched_ = Nudger::instance().watch(weak_from_this());
  }
}

void Lane::nudge() {
  constexpr unsigned most = 2;  // a nudge may get lost as well
  std::shared_ptr<Work> work;
  const auto connection = connection_.lock();
  {
    const std::scoped_lock lock(mutex_);
    watched_ = false;
    if (running_ + aside_ - nudging_ < 2 || state_ != State::open || lost_ || !connection ||
        &connection->type() != &HandleTraits<virConnect>::type) {
      again_ = false;
      return;
    }
    // What came since the lane has been watched may lose its own wake-up after this nudge.
    if (again_) {
      watchOverlap();
      again_ = false;
    }
    if (nudging_ < most) {
      ++nudging_;
      ++aside_;
      work = std::make_shared<Nudge>(shared_from_this(), connection);
    }
  }
  if (work) {
    try {
      Executor::instance().post(std::move(work));
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
      const ProcessEnd::Inside inside;
      call->perform();
    }
    auto next = finished(*call);
    if (next && call->barrier()) {
      startMore();
    }
    if (!next) {
      Executor::instance().offer();
    }
    Call::deliver(std::exchange(call, std::move(next)));
  }
}

std::shared_ptr<Call> Lane::finished(const Call& call) {
  Calls dead;
  const std::scoped_lock lock(mutex_);
  if (call.aside()) {
    --aside_;
  } else if (running_ > 0) {  // the closer runs outside the count
    --running_;
    runningWaiting_ -= call.quick() ? 0U : 1U;
    barred_ = barred_ && !call.barrier();
  }
  return state_ == State::open ? pick(dead) : pickCloser();
}

void Lane::setMaxCalls(unsigned maxCalls) {
  {
    const std::scoped_lock lock(mutex_);
    maxCalls_ = std::max(1U, maxCalls);
  }
  startMore();
}

void Lane::startMore() {
  Calls more;
  Calls dead;
  {
    const std::scoped_lock lock(mutex_);
    while (auto call = state_ == State::open ? pick(dead) : nullptr) {
      more.push_back(std::move(call));
    }
  }
  std::ranges::reverse(more);
  start(std::move(more));
}

bool Lane::close(std::shared_ptr<Call> closer, Calls& waiting) {
  std::shared_ptr<Call> now;
  Calls dead;
  {
    const std::scoped_lock lock(mutex_);
    if (state_ != State::open) {
      return false;
    }
    state_ = State::closing;
    empty(waiting, dead);
    closer->begin();
    closer_ = std::move(closer);
    now = pickCloser();
  }
  if (now) {
    start({std::move(now)});
  }
  return true;
}

void Lane::empty(Calls& into, Calls& dead) {
  for (auto* queue : {&waiting_, &quick_}) {
    for (auto& call : *queue) {
      (call->drop() ? into : dead).push_back(std::move(call));
    }
    queue->clear();
  }
}

bool Lane::lose(const ErrorRecord& why, Calls& waiting) {
  Calls dead;
  const std::scoped_lock lock(mutex_);
  if (lost_) {
    return false;
  }
  lost_ = why;
  empty(waiting, dead);
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

bool Lane::alive() {
  const auto connection = connection_.lock();
  if (!connection) {
    return true;
  }
  return &connection->type() == &HandleTraits<virConnect>::type
             ? virConnectIsAlive(connection->get<virConnect>()) != 0
             : virAdmConnectIsAlive(connection->get<virAdmConnect>()) != 0;
}

}  // namespace libvirt_napi
