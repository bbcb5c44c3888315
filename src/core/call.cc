#include "call.h"

#include <libvirt/virterror.h>

#include <exception>
#include <utility>

#include "environment.h"
#include "lane.h"

namespace libvirt_napi {

Call::Call(const Function& function, std::shared_ptr<Environment> environment, std::shared_ptr<Lane> lane)
    : function_(function),
      environment_(std::move(environment)),
      lane_(std::move(lane)),
      callClass_(function.callClass()) {}

const std::string& Call::operation() const { return function_.name(); }

bool Call::leaveQueue(State to) {
  auto expected = State::queued;
  return state_.compare_exchange_strong(expected, to);
}

void Call::work(std::shared_ptr<Work> self) {
  const auto lane = lane_;  // the call may be gone before the lane has nothing more to run
  lane->run(std::static_pointer_cast<Call>(std::move(self)));
}

void Call::perform() {
  try {
    execute();
  } catch (const Failure& failure) {
    error_ = failure.record;
    // libvirt has no code of its own for a lost link; what it reports comes from its RPC layer, and then the link is dead.
    error_->disconnected = error_->domain == VIR_FROM_RPC && !lane_->alive();
  } catch (const std::exception& failure) {
    fail(failure.what());
  }
  performed_ = true;
}

void Call::fail(std::string why) {
  error_ = ErrorRecord{.code = VIR_ERR_INTERNAL_ERROR, .level = VIR_ERR_ERROR, .message = std::move(why)};
}

void Call::deliver(std::shared_ptr<Call> call) {
  const auto environment = call->environment_;  // may go with the call
  environment->complete(std::move(call));
}

}  // namespace libvirt_napi
