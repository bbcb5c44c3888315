#include "typed_params.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "error.h"

namespace libvirt_napi {

namespace {

Napi::Value valueOf(Napi::Env env, const virTypedParameter& param) {
  switch (param.type) {
    case VIR_TYPED_PARAM_INT:
      return encode(env, param.value.i);
    case VIR_TYPED_PARAM_UINT:
      return encode(env, param.value.ui);
    case VIR_TYPED_PARAM_LLONG:
      return encode(env, param.value.l);
    case VIR_TYPED_PARAM_ULLONG:
      return encode(env, param.value.ul);
    case VIR_TYPED_PARAM_DOUBLE:
      return encode(env, param.value.d);
    case VIR_TYPED_PARAM_BOOLEAN:
      return encode(env, param.value.b != 0);
    case VIR_TYPED_PARAM_STRING:
      return param.value.s == nullptr ? env.Null() : Napi::String::New(env, param.value.s).As<Napi::Value>();
    default:
      return env.Undefined();  // a wire type of a libvirt to come
  }
}

}  // namespace

TypedParams::TypedParams(int count)
    : params_(static_cast<virTypedParameterPtr>(std::calloc(static_cast<std::size_t>(std::max(count, 1)),
                                                            sizeof(virTypedParameter)))),  // NOLINT(*-no-malloc)
      count_(std::max(count, 0)),
      room_(std::max(count, 0)) {
  if (params_ == nullptr) {
    throw std::bad_alloc();
  }
}

TypedParams::~TypedParams() {
  for (int i = 0; wiped_ && i < size(); ++i) {
    const auto& param = params_[i];
    if (param.type == VIR_TYPED_PARAM_STRING && param.value.s != nullptr) {
      explicit_bzero(param.value.s, std::strlen(param.value.s));
    }
  }
  virTypedParamsFree(params_, size());
}

TypedParams TypedParams::copyOf(const virTypedParameter* params, int count) {
  TypedParams copy(std::max(count, 0));
  for (int i = 0; i < copy.size(); ++i) {
    auto& param = copy.params_[i];
    param = params[i];
    if (param.type == VIR_TYPED_PARAM_STRING && param.value.s != nullptr) {
      param.value.s = strdup(param.value.s);  // NOLINT(*-no-malloc): virTypedParamsFree gives it back
    }
  }
  return copy;
}

// libvirt's own functions, since it reallocates and frees the array, and copies strings as it wants them.
void TypedParams::add(const std::string& field, int value) {
  check(virTypedParamsAddInt(&params_, &count_, &room_, field.c_str(), value));
}
void TypedParams::add(const std::string& field, unsigned value) {
  check(virTypedParamsAddUInt(&params_, &count_, &room_, field.c_str(), value));
}
void TypedParams::add(const std::string& field, long long value) {
  check(virTypedParamsAddLLong(&params_, &count_, &room_, field.c_str(), value));
}
void TypedParams::add(const std::string& field, unsigned long long value) {
  check(virTypedParamsAddULLong(&params_, &count_, &room_, field.c_str(), value));
}
void TypedParams::add(const std::string& field, double value) {
  check(virTypedParamsAddDouble(&params_, &count_, &room_, field.c_str(), value));
}
void TypedParams::add(const std::string& field, bool value) {
  check(virTypedParamsAddBoolean(&params_, &count_, &room_, field.c_str(), value ? 1 : 0));
}
void TypedParams::add(const std::string& field, const char* value) {
  wiped_ = true;
  check(virTypedParamsAddString(&params_, &count_, &room_, field.c_str(), value));
}

Napi::Object TypedParams::toObject(Napi::Env env) const {
  auto object = Napi::Object::New(env);
  for (int i = 0; i < size(); ++i) {
    const auto& param = params_[i];
    const auto field = Napi::String::New(env, param.field);
    const auto value = valueOf(env, param);
    if (!object.HasOwnProperty(field)) {
      object.Set(field, value);
      continue;
    }
    const Napi::Value earlier = object.Get(field);
    auto array = earlier.IsArray() ? earlier.As<Napi::Array>() : Napi::Array::New(env);
    if (!earlier.IsArray()) {
      array.Set(0U, earlier);
    }
    array.Set(array.Length(), value);
    object.Set(field, array);
  }
  return object;
}

}  // namespace libvirt_napi
