// A JavaScript function that libvirt's callbacks end in. libvirt calls on threads of its own; they only post, and the
// function is called on its environment's thread, in the order of the posts and of the results of calls.
#pragma once

#include <napi.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "decode.h"

namespace libvirt_napi {

class Environment;

class Callback : public std::enable_shared_from_this<Callback> {
 public:
  // Makes the arguments on the JavaScript thread. What it captured may be destroyed on any thread.
  using Arguments = std::function<std::vector<napi_value>(Napi::Env)>;

  static std::shared_ptr<Callback> of(Napi::Env env, const Napi::Function& function);
  Callback(Napi::Env env, const Napi::Function& function);
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  Callback(Callback&&) = delete;
  Callback& operator=(Callback&&) = delete;
  ~Callback();

  // From any thread. What the function throws becomes the process's uncaught exception, as of any listener.
  void post(Arguments arguments);
  // From any thread: the newest is dropped while `most` wait. False when it was.
  bool postBounded(std::size_t most, Arguments arguments);
  // On the JavaScript thread, at once. What the function throws becomes the process's uncaught exception.
  void tell(napi_env env, const std::vector<napi_value>& arguments) const;
  // The same for the value that the function returns, none when a worker is being ended. Throws what it throws.
  Napi::Value call(Napi::Env env, const std::vector<napi_value>& arguments) const;

  // On the JavaScript thread: whether that is the function.
  [[nodiscard]] bool is(Napi::Env env, const Napi::Function& function) const;

  [[nodiscard]] const std::shared_ptr<Environment>& environment() const { return environment_; }

 private:
  class Calling;

  std::shared_ptr<Environment> environment_;
  napi_ref function_ = nullptr;
  std::mutex mutex_;
  std::size_t waiting_ = 0;
};

template <>
struct Decode<std::shared_ptr<Callback>> {
  using Stored = std::shared_ptr<Callback>;
  static constexpr const char* type = "function";
  // Null where the parameter may be.
  static Stored from(const Slot& slot);
  static const Stored& get(const Stored& callback) { return callback; }
};

}  // namespace libvirt_napi
