#include "function.h"

#include <array>
#include <stdexcept>
#include <utility>

#include "../generated/weak.h"
#include "error.h"

namespace libvirt_napi {

namespace {

constexpr std::size_t mostArguments = 16;

unsigned missingSince(const std::string& name) {
  for (const auto& function : weakFunctions()) {
    if (name == function.name) {
      return function.address == nullptr ? function.since : 0;
    }
  }
  return 0;
}

// A worker that is being ended takes no exception any more. One that left here instead would end the process.
void throwInto(const Napi::Error& error) {
  try {
    error.ThrowAsJavaScriptException();
  } catch (const Napi::Error&) {
    return;
  }
}

void throwInto(napi_env env, const ErrorRecord& record, const Function& function) {
  try {
    napi_throw(env, record.toObject(env, function.name()));
  } catch (const Napi::Error&) {
    return;
  }
}

std::vector<Parameter> parseParameters(std::string_view list) {
  std::vector<Parameter> parameters;
  while (!list.empty()) {
    const auto comma = list.find(", ");
    auto name = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 2);
    const bool nullable = name.ends_with('?');
    if (nullable) {
      name.remove_suffix(1);
    }
    parameters.push_back({std::string(name), nullable});
  }
  return parameters;
}

}  // namespace

Function::Function(std::string_view prototype, CallClass callClass, std::vector<std::string> types)
    : types_(std::move(types)), callClass_(callClass) {
  const auto open = prototype.find('(');
  name_ = prototype.substr(0, open);
  parameters_ = parseParameters(prototype.substr(open + 1, prototype.size() - open - 2));
  missingSince_ = libvirt_napi::missingSince(name_);
  if (parameters_.size() != types_.size() || types_.size() > mostArguments) {
    throw std::logic_error(name_ + ": the prototype does not have the arguments of the function that it is bound to");
  }
  required_ = parameters_.size();
  while (required_ > 0 && parameters_[required_ - 1].nullable) {
    --required_;
  }
}

Napi::Function Function::toJS(Napi::Env env) const {
  napi_value result = nullptr;
  // Node-API takes the data as a pointer to non-const; it is only ever read.
  void* data = const_cast<Function*>(this);  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  NAPI_THROW_IF_FAILED(env, napi_create_function(env, name_.c_str(), name_.size(), dispatch, data, &result),
                       Napi::Function());
  return {env, result};
}

void Function::requireCount(std::size_t given) const {
  if (given >= required_) {
    return;
  }
  std::string names;
  for (const auto& parameter : parameters_) {
    names += (names.empty() ? "" : ", ") + parameter.name + (parameter.nullable ? "?" : "");
  }
  throw Misuse(Misuse::Kind::type, name_ + ": expected " + std::to_string(required_) +
                                       (required_ == 1 ? " argument (" : " arguments (") + names + ") but got " +
                                       std::to_string(given) + "; argument " + std::to_string(given + 1) + " (" +
                                       parameters_[given].name + ") is missing");
}

napi_value Function::dispatch(napi_env env, napi_callback_info info) {
  try {
    std::array<napi_value, mostArguments> values{};
    std::size_t count = values.size();
    void* data = nullptr;
    NAPI_THROW_IF_FAILED(env, napi_get_cb_info(env, info, &count, values.data(), nullptr, &data), nullptr);
    const auto& function = *static_cast<const Function*>(data);
    function.requireCount(count);
    return function.invoke(env, values.data());
  } catch (const Misuse& misuse) {
    (misuse.kind == Misuse::Kind::type ? napi_throw_type_error : napi_throw_range_error)(env, nullptr, misuse.what());
  } catch (const Failure& failure) {
    const auto& function = *static_cast<const Function*>([&] {
      void* data = nullptr;
      napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
      return data;
    }());
    throwInto(env, failure.record, function);
  } catch (const Napi::Error& error) {
    throwInto(error);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
  }
  return nullptr;
}

}  // namespace libvirt_napi
