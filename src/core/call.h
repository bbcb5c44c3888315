// One call in its three phases: decoded on the JavaScript thread, run on one of ours, encoded on the JavaScript thread.
#pragma once

#include <napi.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "error.h"
#include "executor.h"
#include "function.h"

namespace libvirt_napi {

class Environment;
class Lane;

// How long the JavaScript thread may be kept in one go; what is left waits for the next turn of its loop.
class Deadline {
 public:
  static Deadline inOneTurn() { return Deadline(std::chrono::steady_clock::now() + std::chrono::milliseconds(1)); }
  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  explicit Deadline(std::chrono::steady_clock::time_point end) : end_(end) {}
  std::chrono::steady_clock::time_point end_;
};

class Call : public Work {
 public:
  Call(const Function& function, std::shared_ptr<Environment> environment, std::shared_ptr<Lane> lane);

  [[nodiscard]] bool quick() const { return callClass_ == CallClass::quick || barrier(); }
  [[nodiscard]] bool barrier() const { return callClass_ == CallClass::barrier; }
  [[nodiscard]] bool aside() const { return callClass_ == CallClass::aside; }
  // The last call of its lane, which closes the connection.
  [[nodiscard]] bool closes() const { return closes_; }
  [[nodiscard]] const Lane* lane() const { return lane_.get(); }
  [[nodiscard]] const std::string& operation() const;

  // Each succeeds once, and only one of the two does: a call is either run or dropped from the queue.
  bool begin() { return leaveQueue(State::begun); }
  bool drop() { return leaveQueue(State::dropped); }

  void work(std::shared_ptr<Work> self) override;
  void perform();
  void fail(std::string why);
  // Takes the thread's reference along: what the call holds, a secret too, goes before its promise is settled.
  static void deliver(std::shared_ptr<Call> call);
  // Nobody waits for it any more. What it waits for itself, in JavaScript, is not to hold its thread.
  virtual void released() {}

 protected:
  virtual void execute() = 0;
  // Nothing yet when the deadline passed before all of a long result was made.
  virtual std::optional<napi_value> encode(Napi::Env env, const Deadline& deadline) = 0;

 private:
  friend class Environment;
  friend class Lane;
  enum class State { queued, begun, dropped };
  bool leaveQueue(State to);

  const Function& function_;
  std::shared_ptr<Environment> environment_;
  std::shared_ptr<Lane> lane_;
  CallClass callClass_;
  std::atomic<State> state_{State::queued};
  std::atomic<bool> performed_{false};
  std::optional<ErrorRecord> error_;
  std::uint64_t order_ = 0;  // the lane's: its place in the queue
  bool closes_ = false;

  // The JavaScript thread's own.
  std::uint64_t id_ = 0;
  napi_deferred deferred_ = nullptr;
  napi_deferred returned_ = nullptr;
};

}  // namespace libvirt_napi
