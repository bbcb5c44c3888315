#include "environment.h"

#include <utility>

#include "callback.h"
#include "lane.h"

namespace libvirt_napi {

void Environment::create(Napi::Env env) {
  // A worker may be ended in the midst of it: then nothing can be settled any more, and nobody waits.
  static constexpr auto drainIfAlive = [](Environment& environment) {
    try {
      environment.drain();
    } catch (const Napi::Error&) {
      return;
    }
  };
  auto environment = std::make_shared<Environment>(env);
  Environment* self = environment.get();

  self->setImmediate_ = Napi::Persistent(env.Global().Get("setImmediate").As<Napi::Function>());
  self->continue_ = Napi::Persistent(Napi::Function::New(env, [self](const Napi::CallbackInfo&) {
    self->continuing_ = false;
    drainIfAlive(*self);
  }));
  const auto wakened = [](napi_env environmentOrNull, napi_value, void* context, void*) {
    if (environmentOrNull != nullptr) {
      drainIfAlive(*static_cast<Environment*>(context));
    }
  };
  NAPI_THROW_IF_FAILED_VOID(
      env, napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "libvirt-napi"), 0, 1, nullptr,
                                           nullptr, self, wakened, &self->wake_));
  NAPI_THROW_IF_FAILED_VOID(env, napi_unref_threadsafe_function(env, self->wake_));
  // Added after the thread-safe function, so that it runs before Node takes that one down.
  NAPI_THROW_IF_FAILED_VOID(env, napi_add_env_cleanup_hook(
                                     env, [](void* data) { static_cast<Environment*>(data)->tearDown(); }, self));

  auto owner = std::make_unique<std::shared_ptr<Environment>>(std::move(environment));
  const auto finalizer = [](napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<Environment>> last(static_cast<std::shared_ptr<Environment>*>(data));
  };
  NAPI_THROW_IF_FAILED_VOID(env, napi_set_instance_data(env, owner.get(), finalizer, nullptr));
  owner.release();  // NOLINT(bugprone-unused-return-value): the finalizer owns it now
}

std::shared_ptr<Environment> Environment::of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return *static_cast<std::shared_ptr<Environment>*>(data);
}

napi_value Environment::track(const std::shared_ptr<Call>& call) {
  napi_value promise = nullptr;
  NAPI_THROW_IF_FAILED(env_, napi_create_promise(env_, &call->deferred_, &promise), nullptr);
  call->id_ = ++lastCall_;
  if (!call->aside()) {
    hold();
  }
  pending_.emplace(call->id_, call);
  return promise;
}

napi_value Environment::submit(const std::shared_ptr<Call>& call) {
  napi_value promise = track(call);
  if (const auto refused = call->aside() ? call->lane_->runAside(call) : call->lane_->enqueue(call)) {
    reject(*call, *refused);
  }
  return promise;
}

napi_value Environment::submitCloser(const std::shared_ptr<Call>& call) {
  napi_value promise = track(call);
  const auto closed = ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the connection is closed");
  call->closes_ = true;
  Lane::Calls waiting;
  const bool first = call->lane_->close(call, waiting);
  // On a lost link libvirt's threads come back when they like; there is nothing to wait for.
  if (!first || call->lane_->lost()) {
    reject(*call, closed);
  }
  for (const auto& dropped : waiting) {
    tellReturned(*dropped);
    reject(*dropped, closed);
  }
  return promise;
}

void Environment::complete(std::shared_ptr<Call> call) { arrive(std::move(call)); }

void Environment::post(std::unique_ptr<Notice> notice) { arrive(std::move(notice)); }

void Environment::arrive(Arrival arrival) {
  {
    const std::scoped_lock lock(mutex_);
    if (!alive_) {
      return;
    }
    arrived_.push_back(std::move(arrival));
    if (std::exchange(signalled_, true)) {
      return;
    }
  }
  // Not under the mutex of what has arrived: who is woken wants that one at once, and would go to sleep again.
  const std::scoped_lock lock(wakeMutex_);
  if (mayWake_) {
    napi_call_threadsafe_function(wake_, nullptr, napi_tsfn_nonblocking);
  }
}

// Not a reason to wake the thread: the next result, or the end of the environment, takes it along.
void Environment::discard(napi_ref reference) {
  const std::scoped_lock lock(mutex_);
  if (alive_) {
    discarded_.push_back(reference);
  }
}

void Environment::hold() {
  if (awaited_++ == 0) {
    napi_ref_threadsafe_function(env_, wake_);
  }
}

void Environment::release() {
  if (awaited_ > 0 && --awaited_ == 0) {
    napi_unref_threadsafe_function(env_, wake_);
  }
}

void Environment::drain() {
  const Napi::HandleScope scope(env_);
  {
    const std::scoped_lock lock(mutex_);
    signalled_ = false;
    for (auto& arrival : arrived_) {
      const auto* call = std::get_if<std::shared_ptr<Call>>(&arrival);
      // A sign of life that waited behind long results would come too late.
      if (call != nullptr && (*call)->aside()) {
        draining_.push_front(std::move(arrival));
      } else {
        draining_.push_back(std::move(arrival));
      }
    }
    arrived_.clear();
  }
  if (continuing_) {
    return;  // the rest is due in the loop's next turn, in order
  }
  const auto deadline = Deadline::inOneTurn();
  while (!draining_.empty()) {
    // Out of the queue first: what a promise's settling or a listener runs may come back here.
    auto arrival = std::move(draining_.front());
    draining_.pop_front();
    deliver(std::move(arrival), deadline);
    if (deadline.passed() && !draining_.empty()) {
      continuing_ = true;
      // In a worker that is being ended this fails, and then there is nobody left to tell.
      napi_value self = env_.Undefined();
      napi_value function = continue_.Value();
      napi_call_function(env_, self, setImmediate_.Value(), 1, &function, nullptr);
      break;
    }
  }
  deleteDiscarded();
}

void Environment::deliver(Arrival arrival, const Deadline& deadline) {
  if (auto* notice = std::get_if<std::unique_ptr<Notice>>(&arrival)) {
    const Napi::HandleScope scope(env_);
    (*notice)->deliver(env_);
  } else if (!settle(*std::get<std::shared_ptr<Call>>(arrival), deadline)) {
    draining_.push_front(std::move(arrival));
  }
}

void Environment::deleteDiscarded() {
  std::vector<napi_ref> references;
  {
    const std::scoped_lock lock(mutex_);
    references.swap(discarded_);
  }
  for (napi_ref reference : references) {
    napi_delete_reference(env_, reference);
  }
}

bool Environment::settle(Call& call, const Deadline& deadline) {
  const Napi::HandleScope scope(env_);
  tellReturned(call);
  if (call.deferred_ == nullptr) {
    return true;  // its caller was released before
  }
  if (call.error_) {
    reject(call, *call.error_);
    if (call.error_->disconnected) {
      lose(*call.lane_, *call.error_);
    }
    return true;
  }
  try {
    const auto value = call.encode(env_, deadline);
    if (!value) {
      return false;
    }
    forget(call);
    napi_resolve_deferred(env_, std::exchange(call.deferred_, nullptr), *value);
  } catch (const Napi::Error& error) {
    forget(call);
    call.released();
    napi_reject_deferred(env_, std::exchange(call.deferred_, nullptr), error.Value());
  }
  return true;
}

void Environment::reject(Call& call, const ErrorRecord& error) {
  if (call.deferred_ == nullptr) {
    return;  // its caller was released before
  }
  const Napi::HandleScope scope(env_);
  const Napi::Value reason = error.toObject(env_, call.operation());
  napi_deferred deferred = std::exchange(call.deferred_, nullptr);
  napi_reject_deferred(env_, deferred, reason);
  forget(call);
  call.released();
}

void Environment::tellReturned(Call& call) {
  if (call.returned_ != nullptr) {
    napi_resolve_deferred(env_, std::exchange(call.returned_, nullptr), env_.Undefined());
  }
}

napi_value Environment::whenReturned(std::uint64_t id) {
  const auto found = pending_.find(id);
  napi_value promise = nullptr;
  napi_deferred deferred = nullptr;
  NAPI_THROW_IF_FAILED(env_, napi_create_promise(env_, &deferred, &promise), nullptr);
  if (found == pending_.end() || found->second->returned_ != nullptr) {
    napi_resolve_deferred(env_, deferred, env_.Undefined());
  } else {
    found->second->returned_ = deferred;
  }
  return promise;
}

void Environment::forget(const Call& call) {
  const bool awaited = !call.aside();
  pending_.erase(call.id_);
  if (awaited) {
    release();
  }
}

Environment::Cancelled Environment::cancel(std::uint64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) {
    return Cancelled::notPending;
  }
  const auto call = found->second;
  if (call->drop()) {
    call->lane_->takeOut(*call);
    tellReturned(*call);
    reject(*call, ErrorRecord::own("ERR_LIBVIRT_CANCELLED", "the call was taken out of the queue"));
    return Cancelled::removed;
  }
  reject(*call, ErrorRecord::own("ERR_LIBVIRT_ABANDONED", "nobody waits for the call any more; it may still happen"));
  return Cancelled::released;
}

void Environment::abandon(const Lane& lane) {
  Lane::Calls calls;
  for (const auto& [id, call] : pending_) {
    if (call->lane() == &lane) {
      calls.push_back(call);
    }
  }
  for (const auto& call : calls) {
    reject(*call,
           ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the connection was closed while the call ran; it may still happen"));
  }
}

void Environment::lose(Lane& lane, const ErrorRecord& why) {
  Lane::Calls calls;
  if (!lane.lose(why, calls)) {
    return;
  }
  for (const auto& dropped : calls) {
    tellReturned(*dropped);
  }
  for (const auto& [id, call] : pending_) {
    if (call->lane() == &lane && !call->performed_ && call->state_ == Call::State::begun) {
      calls.push_back(call);
    }
  }
  const auto closed = ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the link was lost while the connection was being closed");
  for (const auto& call : calls) {
    reject(*call, call->closes() ? closed : why);
  }
}

void Environment::tearDown() {
  {
    const std::scoped_lock lock(wakeMutex_);
    mayWake_ = false;
  }
  // Destroyed after the mutex is free: a notice that goes may let a thread of ours go on, which comes back here.
  std::vector<Arrival> undelivered;
  {
    const std::scoped_lock lock(mutex_);
    alive_ = false;
    undelivered.swap(arrived_);
    discarded_.clear();
  }
  for (const auto& [id, call] : pending_) {
    call->drop();
    call->released();
  }
  endings_.run();
  pending_.clear();
  draining_.clear();
  // While the environment still is one: this object may go on another thread, and much later.
  setImmediate_.Reset();
  continue_.Reset();
}

}  // namespace libvirt_napi
