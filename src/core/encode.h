// C results as JavaScript values. C's 64-bit integers are bigint, everything smaller is a number.
#pragma once

#include <napi.h>

#include <array>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "handle.h"

namespace libvirt_napi {

// The result of a function that only succeeds or fails.
struct Nothing {};

template <class T>
struct Encode;

template <class T>
Napi::Value encode(Napi::Env env, const T& value) {
  return Encode<T>::make(env, value);
}

namespace detail {
inline void setFields(Napi::Env /*env*/, Napi::Object& /*object*/) {}
template <class T, class... Rest>
void setFields(Napi::Env env, Napi::Object& object, const char* name, const T& value, const Rest&... rest) {
  object.Set(name, encode(env, value));
  setFields(env, object, rest...);
}
}  // namespace detail

// An object of name, value, name, value, …
template <class... Fields>
Napi::Object fields(Napi::Env env, const Fields&... list) {
  auto object = Napi::Object::New(env);
  detail::setFields(env, object, list...);
  return object;
}

template <>
struct Encode<Nothing> {
  static Napi::Value make(Napi::Env env, Nothing) { return env.Undefined(); }
};

template <>
struct Encode<bool> {
  static Napi::Value make(Napi::Env env, bool value) { return Napi::Boolean::New(env, value); }
};

template <class T>
  requires(std::is_arithmetic_v<T>)
struct Encode<T> {
  static Napi::Value make(Napi::Env env, T value) { return Napi::Number::New(env, static_cast<double>(value)); }
};

template <>
struct Encode<long long> {
  static Napi::Value make(Napi::Env env, long long value) {
    return Napi::BigInt::New(env, static_cast<std::int64_t>(value));
  }
};

template <>
struct Encode<unsigned long long> {
  static Napi::Value make(Napi::Env env, unsigned long long value) {
    return Napi::BigInt::New(env, static_cast<std::uint64_t>(value));
  }
};

template <>
struct Encode<std::string> {
  static Napi::Value make(Napi::Env env, const std::string& value) { return Napi::String::New(env, value); }
};

template <class T>
struct Encode<std::optional<T>> {
  static Napi::Value make(Napi::Env env, const std::optional<T>& value) {
    return value ? encode(env, *value) : env.Null();
  }
};

template <std::size_t N>
struct Encode<std::array<unsigned char, N>> {
  static Napi::Value make(Napi::Env env, const std::array<unsigned char, N>& bytes) {
    return Napi::Buffer<unsigned char>::Copy(env, bytes.data(), bytes.size());
  }
};

template <class T>
struct Encode<std::vector<T>> {
  static Napi::Value make(Napi::Env env, const std::vector<T>& items) {
    auto array = Napi::Array::New(env, items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      array.Set(static_cast<std::uint32_t>(i), encode(env, items[i]));
    }
    return array;
  }
};

template <LibvirtObject T>
struct Encode<Made<T>> {
  static Napi::Value make(Napi::Env env, const Made<T>& made) { return wrapHandle(env, made.handle); }
};

}  // namespace libvirt_napi
