// libvirt's typed parameters, decoded by their wire type: fields change type between versions.
#pragma once

#include <libvirt/libvirt.h>
#include <napi.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "encode.h"

namespace libvirt_napi {

class TypedParams {
 public:
  TypedParams() = default;
  // Takes an array that libvirt allocated.
  TypedParams(virTypedParameterPtr params, int count) : params_(params), count_(count), room_(count) {}
  // Room for what a getter writes.
  explicit TypedParams(int count);
  // Of an array that stays libvirt's.
  static TypedParams copyOf(const virTypedParameter* params, int count);
  TypedParams(const TypedParams&) = delete;
  TypedParams& operator=(const TypedParams&) = delete;
  TypedParams(TypedParams&& other) noexcept
      : params_(std::exchange(other.params_, nullptr)),
        count_(std::exchange(other.count_, 0)),
        room_(std::exchange(other.room_, 0)),
        wiped_(std::exchange(other.wiped_, false)) {}
  TypedParams& operator=(TypedParams&& other) noexcept {
    std::swap(params_, other.params_);
    std::swap(count_, other.count_);
    std::swap(room_, other.room_);
    std::swap(wiped_, other.wiped_);
    return *this;
  }
  ~TypedParams();

  [[nodiscard]] virTypedParameterPtr data() const { return params_; }
  // Some drivers say how many there are where they should say how many they wrote.
  [[nodiscard]] int size() const { return std::clamp(count_, 0, room_); }
  // In: how many fit; out: how many are there.
  [[nodiscard]] int* room() { return &count_; }

  void add(const std::string& field, int value);
  void add(const std::string& field, unsigned value);
  void add(const std::string& field, long long value);
  void add(const std::string& field, unsigned long long value);
  void add(const std::string& field, double value);
  void add(const std::string& field, bool value);
  // Wiped when the list goes: who gives something may give a secret.
  void add(const std::string& field, const char* value);

  // { field: value }; a field that comes more than once is an array.
  [[nodiscard]] Napi::Object toObject(Napi::Env env) const;

 private:
  virTypedParameterPtr params_ = nullptr;
  int count_ = 0;
  int room_ = 0;
  bool wiped_ = false;
};

template <>
struct Encode<TypedParams> {
  static Napi::Value make(Napi::Env env, const TypedParams& params) { return params.toObject(env); }
};

}  // namespace libvirt_napi
