#include "callback.h"

#include <utility>

#include "environment.h"
#include "notice.h"

namespace libvirt_napi {

class Callback::Calling : public Notice {
 public:
  Calling(std::shared_ptr<Callback> callback, Arguments arguments)
      : callback_(std::move(callback)), arguments_(std::move(arguments)) {}

  void deliver(Napi::Env env) override {
    {
      const std::scoped_lock lock(callback_->mutex_);
      --callback_->waiting_;
    }
    try {
      callback_->tell(env, arguments_(env));
    } catch (const Napi::Error&) {
      return;  // the environment ends: nobody is there to be told
    }
  }

 private:
  std::shared_ptr<Callback> callback_;
  Arguments arguments_;
};

std::shared_ptr<Callback> Callback::of(Napi::Env env, const Napi::Function& function) {
  return std::make_shared<Callback>(env, function);
}

Callback::Callback(Napi::Env env, const Napi::Function& function) : environment_(Environment::of(env)) {
  NAPI_THROW_IF_FAILED_VOID(env, napi_create_reference(env, function, 1, &function_));
}

Callback::~Callback() { environment_->discard(function_); }

void Callback::post(Arguments arguments) {
  {
    const std::scoped_lock lock(mutex_);
    ++waiting_;
  }
  environment_->post(std::make_unique<Calling>(shared_from_this(), std::move(arguments)));
}

bool Callback::postBounded(std::size_t most, Arguments arguments) {
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_ >= most) {
      return false;
    }
    ++waiting_;
  }
  environment_->post(std::make_unique<Calling>(shared_from_this(), std::move(arguments)));
  return true;
}

Napi::Value Callback::call(Napi::Env env, const std::vector<napi_value>& arguments) const {
  napi_value function = nullptr;
  napi_value result = nullptr;
  NAPI_THROW_IF_FAILED(env, napi_get_reference_value(env, function_, &function), Napi::Value());
  if (napi_call_function(env, env.Undefined(), function, arguments.size(), arguments.data(), &result) == napi_ok) {
    return {env, result};
  }
  // What ends a worker is an exception as well, but no Napi::Error can be made of it: that would abort the process. It can
  // be told by nothing being possible any more.
  napi_value thrown = nullptr;
  napi_value box = nullptr;
  if (napi_get_and_clear_last_exception(env, &thrown) != napi_ok || napi_create_object(env, &box) != napi_ok ||
      napi_set_named_property(env, box, "thrown", thrown) != napi_ok) {
    return {};
  }
  throw Napi::Error(env, thrown);
}

// Without Napi::Error: what ends a worker in the midst of the function looks like an exception and is no value, and to
// make an Error of it would end the process.
void Callback::tell(napi_env env, const std::vector<napi_value>& arguments) const {
  napi_value function = nullptr;
  napi_value undefined = nullptr;
  if (napi_get_reference_value(env, function_, &function) != napi_ok ||
      napi_get_undefined(env, &undefined) != napi_ok ||
      napi_call_function(env, undefined, function, arguments.size(), arguments.data(), nullptr) == napi_ok) {
    return;
  }
  bool pending = false;
  napi_value thrown = nullptr;
  napi_valuetype type = napi_undefined;
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &thrown) == napi_ok && napi_typeof(env, thrown, &type) == napi_ok) {
    napi_fatal_exception(env, thrown);
  }
}

bool Callback::is(Napi::Env env, const Napi::Function& function) const {
  napi_value own = nullptr;
  NAPI_THROW_IF_FAILED(env, napi_get_reference_value(env, function_, &own), false);
  return Napi::Value(env, own).StrictEquals(function);
}

std::shared_ptr<Callback> Decode<std::shared_ptr<Callback>>::from(const Slot& slot) {
  if (slot.parameter().nullable && slot.missing()) {
    return nullptr;
  }
  const Napi::Value value(slot.env, slot.value);
  if (!value.IsFunction()) {
    slot.wrongType("a function");
  }
  return Callback::of(slot.env, value.As<Napi::Function>());
}

}  // namespace libvirt_napi
