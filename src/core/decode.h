// JavaScript arguments as what C takes. Everything is copied, so that nothing of JavaScript is touched by our threads.
#pragma once

#include <napi.h>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "error.h"
#include "function.h"
#include "handle.h"

namespace libvirt_napi {

// One argument on its way in, with what an error about it has to say.
struct Slot {
  napi_env env;
  napi_value value;
  const Function& function;
  std::size_t index;

  [[nodiscard]] const Parameter& parameter() const { return function.parameters()[index]; }
  [[nodiscard]] bool missing() const;
  [[noreturn]] void wrongType(const std::string& expected) const;
  [[noreturn]] void wrongRange(const std::string& expected) const;
  [[noreturn]] void fail(Misuse::Kind kind, const std::string& expected) const;
};

std::optional<std::string> decodeText(const Slot& slot);
double decodeInteger(const Slot& slot, double least, double most);
long long decodeLongLong(const Slot& slot);
unsigned long long decodeUnsignedLongLong(const Slot& slot);
std::shared_ptr<Handle> decodeHandle(const Slot& slot, const HandleType& type);
// All of one connection.
std::vector<std::shared_ptr<Handle>> decodeHandles(const Slot& slot, const HandleType& type);

using UUID = std::array<unsigned char, VIR_UUID_BUFLEN>;
UUID decodeUUID(const Slot& slot);
bool decodeBoolean(const Slot& slot);

Napi::Array decodeArray(const Slot& slot, const std::string& expected);

// An item is an argument as well: its errors name the argument.
template <class Item>
auto eachOf(const Slot& slot, const std::string& expected, Item item) {
  const auto array = decodeArray(slot, expected);
  std::vector<decltype(item(slot))> items;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    items.push_back(item(Slot{slot.env, array.Get(i), slot.function, slot.index}));
  }
  return items;
}

template <class T>
struct Decode {
  static_assert(!std::is_same_v<T, T>, "this C type has no default way in: write a lambda on the same line");
};

template <>
struct Decode<const char*> {
  using Stored = std::optional<std::string>;
  static constexpr const char* type = "string";
  static Stored from(const Slot& slot) { return decodeText(slot); }
  static const char* get(const Stored& text) { return text ? text->c_str() : nullptr; }
};

template <class T>
  requires(std::is_integral_v<T> && sizeof(T) <= sizeof(long) && !std::is_same_v<T, long long> &&
           !std::is_same_v<T, unsigned long long> && !std::is_same_v<T, bool>)
struct Decode<T> {
  using Stored = T;
  static constexpr const char* type = std::is_same_v<T, unsigned long> ? "ulong"
                                      : std::is_same_v<T, long>        ? "long"
                                      : std::is_signed_v<T>            ? "int"
                                                                       : "uint";
  static Stored from(const Slot& slot) {
    // `a | b` in JavaScript is negative when bit 31 is set.
    if (std::is_same_v<T, unsigned> && slot.parameter().name == "flags") {
      return static_cast<T>(static_cast<std::int64_t>(decodeInteger(slot, std::numeric_limits<int>::min(), maximum())));
    }
    return static_cast<T>(decodeInteger(slot, minimum(), maximum()));
  }
  static T get(Stored value) { return value; }

 private:
  static constexpr double safe = 9007199254740991.0;
  static constexpr double minimum() {
    return sizeof(T) > sizeof(int) ? (std::is_signed_v<T> ? -safe : 0.0)
                                   : static_cast<double>(std::numeric_limits<T>::min());
  }
  static constexpr double maximum() {
    return sizeof(T) > sizeof(int) ? safe : static_cast<double>(std::numeric_limits<T>::max());
  }
};

template <>
struct Decode<bool> {
  using Stored = bool;
  static constexpr const char* type = "boolean";
  static Stored from(const Slot& slot) { return decodeBoolean(slot); }
  static bool get(Stored value) { return value; }
};

template <>
struct Decode<long long> {
  using Stored = long long;
  static constexpr const char* type = "longlong";
  static Stored from(const Slot& slot) { return decodeLongLong(slot); }
  static long long get(Stored value) { return value; }
};

template <>
struct Decode<unsigned long long> {
  using Stored = unsigned long long;
  static constexpr const char* type = "ulonglong";
  static Stored from(const Slot& slot) { return decodeUnsignedLongLong(slot); }
  static unsigned long long get(Stored value) { return value; }
};

template <>
struct Decode<UUID> {
  using Stored = UUID;
  static constexpr const char* type = "uuid";
  static Stored from(const Slot& slot) { return decodeUUID(slot); }
  static const UUID& get(const Stored& value) { return value; }
};

template <LibvirtObject T>
struct Decode<T*> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<T>::type.name;
  static Stored from(const Slot& slot) { return decodeHandle(slot, HandleTraits<T>::type); }
  static T* get(const Stored& handle) { return handle->get<T>(); }
};

template <LibvirtObject T>
struct Decode<std::vector<T*>> {
  using Stored = std::vector<std::shared_ptr<Handle>>;
  static inline const std::string type = std::string(HandleTraits<T>::type.name) + "[]";
  static Stored from(const Slot& slot) { return decodeHandles(slot, HandleTraits<T>::type); }
  static std::vector<T*> get(const Stored& handles) {
    std::vector<T*> pointers;
    for (const auto& handle : handles) {
      pointers.push_back(handle->get<T>());
    }
    return pointers;
  }
};

}  // namespace libvirt_napi
