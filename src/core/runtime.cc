#include "runtime.h"

#include <libvirt/virterror.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "bind.h"
#include "callback.h"
#include "environment.h"
#include "event_queue.h"
#include "executor.h"
#include "lane.h"
#include "stream_handle.h"
#include "stream_ready.h"
#include "unserved.h"

namespace libvirt_napi {

namespace {

std::shared_ptr<Handle> connectionOf(const Napi::CallbackInfo& info, const char* name) {
  const Napi::Value value = info[0];
  const auto* handle = value.IsObject() ? unwrapHandle(info.Env(), value) : nullptr;
  if (handle == nullptr || (&(*handle)->type() != &HandleTraits<virConnect>::type &&
                            &(*handle)->type() != &HandleTraits<virAdmConnect>::type)) {
    throw Napi::TypeError::New(info.Env(), std::string(name) + ": argument 1 (conn) must be a virConnect");
  }
  return *handle;
}

double numberOf(const Napi::CallbackInfo& info, std::size_t index, const std::string& message) {
  if (!info[index].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), message);
  }
  return info[index].As<Napi::Number>().DoubleValue();
}

Napi::Value lastCall(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Environment::of(info.Env())->lastCall()));
}

Napi::Value cancel(const Napi::CallbackInfo& info) {
  const double id = numberOf(info, 0, "cancel: argument 1 (call) must be the number of a call");
  const auto environment = Environment::of(info.Env());
  const bool known = id >= 1 && id <= static_cast<double>(environment->lastCall());
  switch (known ? environment->cancel(static_cast<std::uint64_t>(id)) : Environment::Cancelled::notPending) {
    case Environment::Cancelled::removed:
      return Napi::String::New(info.Env(), "removed");
    case Environment::Cancelled::released:
      return Napi::String::New(info.Env(), "released");
    default:
      return Napi::String::New(info.Env(), "settled");
  }
}

Napi::Value returned(const Napi::CallbackInfo& info) {
  const double id = numberOf(info, 0, "returned: argument 1 (call) must be the number of a call");
  const auto environment = Environment::of(info.Env());
  const bool known = id >= 1 && id <= static_cast<double>(environment->lastCall());
  return {info.Env(), environment->whenReturned(known ? static_cast<std::uint64_t>(id) : 0)};
}

Napi::Value abandon(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->abandon(*connectionOf(info, "abandon")->lane());
  return info.Env().Undefined();
}

Napi::Value lose(const Napi::CallbackInfo& info) {
  const auto connection = connectionOf(info, "lose");
  if (!info[1].IsString()) {
    throw Napi::TypeError::New(info.Env(), "lose: argument 2 (message) must be a string");
  }
  const ErrorRecord why{.code = VIR_ERR_INTERNAL_ERROR,
                        .domain = VIR_FROM_RPC,
                        .level = VIR_ERR_ERROR,
                        .message = info[1].As<Napi::String>().Utf8Value(),
                        .disconnected = true};
  Environment::of(info.Env())->lose(*connection->lane(), why);
  return info.Env().Undefined();
}

Napi::Value hold(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->hold();
  return info.Env().Undefined();
}

Napi::Value release(const Napi::CallbackInfo& info) {
  Environment::of(info.Env())->release();
  return info.Env().Undefined();
}

// The end of the environment must not leave a thread in libvirt that moves bytes for nobody.
Napi::Value cutAtEnd(const Napi::CallbackInfo& info) {
  const auto lane = connectionOf(info, "cutAtEnd")->lane();
  const auto environment = Environment::of(info.Env());
  const auto ending = environment->endings().add([held = std::weak_ptr<Lane>(lane)] {
    const auto lasting = held.lock();
    const auto link = lasting ? Unserved::linkOf(*lasting) : nullptr;
    if (link) {
      link->cut();
    }
  });
  lane->endings().add([held = std::weak_ptr<Environment>(environment), ending] {
    if (const auto lasting = held.lock()) {
      lasting->endings().takeBack(ending);
    }
  });
  return info.Env().Undefined();
}

Napi::Value cut(const Napi::CallbackInfo& info) {
  const auto link = Unserved::linkOf(*connectionOf(info, "cut")->lane());
  if (link) {
    link->cut();
  }
  return Napi::Boolean::New(info.Env(), link != nullptr);
}

Napi::Value stop(const Napi::CallbackInfo& info) {
  if (const auto link = Unserved::linkOf(*connectionOf(info, "stop")->lane())) {
    link->stop()->request();
  }
  return info.Env().Undefined();
}

// The function that asks; collected together with what it holds.
Napi::Value whenReady(const Napi::CallbackInfo& info) {
  const Napi::Value value = info[0];
  const auto* handle = value.IsObject() ? unwrapHandle(info.Env(), value) : nullptr;
  if (handle == nullptr || &(*handle)->type() != &HandleTraits<virStream>::type) {
    throw Napi::TypeError::New(info.Env(), "whenReady: argument 1 (stream) must be a virStream");
  }
  if (!info[1].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "whenReady: argument 2 (callback) must be a function");
  }
  struct Owner {
    explicit Owner(std::shared_ptr<StreamReady> asked) : ready(std::move(asked)) {}
    Owner(const Owner&) = delete;
    Owner& operator=(const Owner&) = delete;
    Owner(Owner&&) = delete;
    Owner& operator=(Owner&&) = delete;
    ~Owner() { ready->end(); }
    std::shared_ptr<StreamReady> ready;
  };
  const auto owner = std::make_shared<Owner>(
      std::make_shared<StreamReady>(*handle, Callback::of(info.Env(), info[1].As<Napi::Function>())));
  return Napi::Function::New(info.Env(), [owner](const Napi::CallbackInfo& asked) {
    const int wanted = asked[0].IsNumber() ? asked[0].As<Napi::Number>().Int32Value() : 0;
    if (wanted == 0) {
      owner->ready->end();
    } else {
      owner->ready->ask(wanted);
    }
  });
}

Napi::Value setMaxCalls(const Napi::CallbackInfo& info) {
  constexpr double most = 1024;
  const auto connection = connectionOf(info, "setMaxCalls");
  const std::string expected = "setMaxCalls: argument 2 (maxCalls) must be an integer from 1 to 1024";
  const double count = numberOf(info, 1, expected);
  if (!(count >= 1 && count <= most) || std::trunc(count) != count) {
    throw Napi::RangeError::New(info.Env(), expected);
  }
  connection->lane()->setMaxCalls(static_cast<unsigned>(count));
  return info.Env().Undefined();
}

Napi::Value stats(const Napi::CallbackInfo& info) {
  return fields(info.Env(), "threads", Executor::instance().threadCount(), "handles", Lane::handleCount(), "pending",
                Environment::of(info.Env())->pendingCount(), "events", EventQueue::offeredCount());
}

const char* nameOf(CallClass callClass) {
  switch (callClass) {
    case CallClass::local:
      return "local";
    case CallClass::quick:
    case CallClass::barrier:
      return "quick";
    case CallClass::aside:
      return "aside";
    default:
      return "wait";
  }
}

Napi::Array describe(Napi::Env env, const Table& table) {
  auto list = Napi::Array::New(env);
  for (const auto& function : table.functions()) {
    auto parameters = Napi::Array::New(env);
    for (std::size_t i = 0; i < function->parameters().size(); ++i) {
      const auto& parameter = function->parameters()[i];
      parameters.Set(static_cast<std::uint32_t>(i),
                     fields(env, "name", parameter.name, "type", function->types()[i], "nullable", parameter.nullable));
    }
    auto row = fields(env, "name", function->name(), "class", std::string(nameOf(function->callClass())), "missing",
                      function->missingSince() != 0);
    row.Set("parameters", parameters);
    list.Set(list.Length(), row);
  }
  return list;
}

}  // namespace

Napi::Object makeRuntime(Napi::Env env, const Table& table, const Table& own) {
  auto runtime = Napi::Object::New(env);
  runtime.Set("lastCall", Napi::Function::New(env, lastCall, "lastCall"));
  runtime.Set("cancel", Napi::Function::New(env, cancel, "cancel"));
  runtime.Set("returned", Napi::Function::New(env, returned, "returned"));
  runtime.Set("abandon", Napi::Function::New(env, abandon, "abandon"));
  runtime.Set("lose", Napi::Function::New(env, lose, "lose"));
  runtime.Set("hold", Napi::Function::New(env, hold, "hold"));
  runtime.Set("release", Napi::Function::New(env, release, "release"));
  for (const auto& function : own.functions()) {
    runtime.Set(function->callClass() == CallClass::aside ? "ping" : function->name(), function->toJS(env));
  }
  runtime.Set("cut", Napi::Function::New(env, cut, "cut"));
  runtime.Set("stop", Napi::Function::New(env, stop, "stop"));
  runtime.Set("cutAtEnd", Napi::Function::New(env, cutAtEnd, "cutAtEnd"));
  runtime.Set("whenReady", Napi::Function::New(env, whenReady, "whenReady"));
  runtime.Set("setMaxCalls", Napi::Function::New(env, setMaxCalls, "setMaxCalls"));
  runtime.Set("stats", Napi::Function::New(env, stats, "stats"));
  const auto functions = [&table](const Napi::CallbackInfo& info) { return describe(info.Env(), table); };
  runtime.Set("functions", Napi::Function::New(env, functions, "functions"));
  return runtime;
}

}  // namespace libvirt_napi
