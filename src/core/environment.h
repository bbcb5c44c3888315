// What one JavaScript environment (the main thread, a worker) has pending, and how results come back to it: in batches.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <variant>
#include <vector>

#include "call.h"
#include "endings.h"
#include "notice.h"

namespace libvirt_napi {

class Lane;

class Environment : public std::enable_shared_from_this<Environment> {
 public:
  static void create(Napi::Env env);
  static std::shared_ptr<Environment> of(napi_env env);

  explicit Environment(Napi::Env env) : env_(env) {}

  // Queues a decoded call on its lane: the promise of its result.
  napi_value submit(const std::shared_ptr<Call>& call);
  // Closes the call's lane and lets the call run as its last one.
  napi_value submitCloser(const std::shared_ptr<Call>& call);
  // From any thread: the call has been performed.
  void complete(std::shared_ptr<Call> call);
  // From any thread: something else to tell.
  void post(std::unique_ptr<Notice> notice);
  // From any thread: a reference that is needed no more.
  void discard(napi_ref reference);

  [[nodiscard]] std::uint64_t lastCall() const { return lastCall_; }
  enum class Cancelled { notPending, removed, released };
  // Releases the caller at once. A call that runs already goes on; its result is thrown away.
  Cancelled cancel(std::uint64_t id);
  // A promise of the time at which a pending call is off its thread, which may be long after its caller was released.
  napi_value whenReturned(std::uint64_t id);
  // Releases the callers of all calls on the lane, with the code for a closed connection.
  void abandon(const Lane& lane);
  // The lane's link is gone: rejects what waits and what runs. libvirt may not notice for a long time.
  void lose(Lane& lane, const ErrorRecord& why);
  [[nodiscard]] std::size_t pendingCount() const { return pending_.size(); }
  // The process has to wait for something more, or less: a listener, a stream.
  void hold();
  void release();
  // Run when the environment ends, on its thread, which must not wait: threads of ours have to do what takes time.
  Endings& endings() { return endings_; }

 private:
  using Arrival = std::variant<std::shared_ptr<Call>, std::unique_ptr<Notice>>;

  napi_value track(const std::shared_ptr<Call>& call);
  void arrive(Arrival arrival);
  void drain();
  void deliver(Arrival arrival, const Deadline& deadline);
  void deleteDiscarded();
  bool settle(Call& call, const Deadline& deadline);
  void reject(Call& call, const ErrorRecord& error);
  void forget(const Call& call);
  void tellReturned(Call& call);
  void tearDown();

  Napi::Env env_;
  Napi::FunctionReference setImmediate_;
  Napi::FunctionReference continue_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Call>> pending_;
  std::deque<Arrival> draining_;
  std::uint64_t lastCall_ = 0;
  std::size_t awaited_ = 0;  // what the process has to wait for: pending calls, listeners, streams
  bool continuing_ = false;
  Endings endings_;

  // Shared with our threads.
  std::mutex mutex_;
  bool alive_ = true;
  bool signalled_ = false;
  std::vector<Arrival> arrived_;
  std::vector<napi_ref> discarded_;

  // Other threads use the thread-safe function only under its mutex and only while the environment lives.
  std::mutex wakeMutex_;
  bool mayWake_ = true;
  napi_threadsafe_function wake_ = nullptr;
};

}  // namespace libvirt_napi
