// libvirt's typed parameters, decoded by their wire type: fields change type between versions.
#pragma once

#include <libvirt/libvirt.h>
#include <napi.h>

#include <utility>
#include <vector>

#include "encode.h"

namespace libvirt_napi {

class TypedParams {
 public:
  TypedParams() = default;
  // Takes an array that libvirt allocated.
  TypedParams(virTypedParameterPtr params, int count) : params_(params), count_(count) {}
  TypedParams(const TypedParams&) = delete;
  TypedParams& operator=(const TypedParams&) = delete;
  TypedParams(TypedParams&& other) noexcept
      : params_(std::exchange(other.params_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  TypedParams& operator=(TypedParams&& other) noexcept {
    std::swap(params_, other.params_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~TypedParams() { virTypedParamsFree(params_, count_); }

  // { field: value }; a field that comes more than once is an array.
  [[nodiscard]] Napi::Object toObject(Napi::Env env) const;

 private:
  virTypedParameterPtr params_ = nullptr;
  int count_ = 0;
};

template <>
struct Encode<TypedParams> {
  static Napi::Value make(Napi::Env env, const TypedParams& params) { return params.toObject(env); }
};

}  // namespace libvirt_napi
