#include "typed_params.h"

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

Napi::Object TypedParams::toObject(Napi::Env env) const {
  auto object = Napi::Object::New(env);
  for (int i = 0; i < count_; ++i) {
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
