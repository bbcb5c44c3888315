// C values that have no type of their own in C: bytes with a length, lists of strings, sets of CPUs.
#pragma once

#include <napi.h>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "decode.h"
#include "encode.h"
#include "lane.h"

namespace libvirt_napi {

// Bytes of a secret or of a guest's memory. They are wiped when they go.
class Bytes {
 public:
  Bytes() = default;
  explicit Bytes(std::size_t size) : bytes_(size) {}
  Bytes(const unsigned char* data, std::size_t size) : bytes_(data, data + size) {}
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  Bytes(Bytes&&) noexcept = default;
  Bytes& operator=(Bytes&&) noexcept = default;
  ~Bytes();

  [[nodiscard]] unsigned char* data() { return bytes_.data(); }
  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::vector<unsigned char> bytes_;
};

// A string as C has it, NUL and all, without a copy elsewhere as a std::string would leave. Nothing when it is no string,
// or has NUL characters of its own.
std::optional<Bytes> secretText(napi_env env, napi_value value);

template <>
struct Encode<Bytes> {
  static Napi::Value make(Napi::Env env, const Bytes& bytes) {
    return Napi::Buffer<unsigned char>::Copy(env, bytes.data(), bytes.size());
  }
};

template <>
struct Decode<Bytes> {
  using Stored = Bytes;
  static constexpr const char* type = "bytes";
  static Stored from(const Slot& slot);
  static const Bytes& get(const Stored& bytes) { return bytes; }
};

// const char* whose memory is wiped when the call is over.
struct SecretText {
  const char* text;
};

template <>
struct Decode<SecretText> {
  using Stored = Bytes;
  static constexpr const char* type = "string";
  static Stored from(const Slot& slot);
  static SecretText get(const Stored& bytes) { return {reinterpret_cast<const char*>(bytes.data())}; }
};

// const char**: an array of strings, or null where the argument may be null.
class TextList {
 public:
  TextList() = default;
  explicit TextList(std::vector<std::string> texts) : texts_(std::move(texts)), given_(true) {}

  // C takes `const char **`, and counts what is in it.
  [[nodiscard]] std::vector<const char*> pointers() const;
  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(texts_.size()); }
  [[nodiscard]] bool given() const { return given_; }

 private:
  std::vector<std::string> texts_;
  bool given_ = false;
};

template <>
struct Decode<TextList> {
  using Stored = TextList;
  static constexpr const char* type = "string[]";
  static Stored from(const Slot& slot);
  static const TextList& get(const Stored& list) { return list; }
};

// An array of unsigned numbers.
template <>
struct Decode<std::vector<unsigned>> {
  using Stored = std::vector<unsigned>;
  static constexpr const char* type = "uint[]";
  static Stored from(const Slot& slot);
  static const Stored& get(const Stored& list) { return list; }
};

template <>
struct Decode<std::vector<unsigned long long>> {
  using Stored = std::vector<unsigned long long>;
  static constexpr const char* type = "ulonglong[]";
  static Stored from(const Slot& slot);
  static const Stored& get(const Stored& list) { return list; }
};

// A bit for each CPU in C, an array of the numbers of the CPUs in JavaScript.
class CPUMap {
 public:
  CPUMap() = default;
  explicit CPUMap(std::size_t bytes) : bytes_(bytes) {}
  CPUMap(const unsigned char* map, std::size_t bytes) : bytes_(map, map + bytes) {}

  void add(unsigned cpu);
  [[nodiscard]] std::vector<unsigned> cpus() const;
  [[nodiscard]] unsigned char* data() { return bytes_.data(); }
  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }
  [[nodiscard]] int size() const { return static_cast<int>(bytes_.size()); }

 private:
  std::vector<unsigned char> bytes_;
};

template <>
struct Decode<CPUMap> {
  using Stored = CPUMap;
  static constexpr const char* type = "uint[]";
  static Stored from(const Slot& slot);
  static const CPUMap& get(const Stored& map) { return map; }
};

template <>
struct Encode<CPUMap> {
  static Napi::Value make(Napi::Env env, const CPUMap& map) { return encode(env, map.cpus()); }
};

// A handle that may be null: C gets a null pointer.
template <LibvirtObject T>
struct OrNull {
  T* pointer;
};

template <LibvirtObject T>
struct Decode<OrNull<T>> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<T>::type.name;
  static Stored from(const Slot& slot) {
    return slot.parameter().nullable && slot.missing() ? nullptr : decodeHandle(slot, HandleTraits<T>::type);
  }
  static OrNull<T> get(const Stored& handle) { return {handle ? handle->get<T>() : nullptr}; }
};

// A handle of another connection, whose lane stays open while the call runs.
template <LibvirtObject T>
class Elsewhere {
 public:
  explicit Elsewhere(const std::shared_ptr<Handle>& handle)
      : hold_(handle->lane()), lane_(*handle->lane()), pointer_(handle->get<T>()) {}

  [[nodiscard]] T* get() const { return pointer_; }
  // What the call made belongs there.
  template <LibvirtObject U>
  [[nodiscard]] Made<U> adopt(U* made) const {
    return lane_.adopt(made);
  }

 private:
  Lane::Hold hold_;
  Lane& lane_;
  T* pointer_;
};

template <LibvirtObject T>
struct Decode<Elsewhere<T>> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<T>::type.name;
  static Stored from(const Slot& slot) { return decodeHandle(slot, HandleTraits<T>::type); }
  static Elsewhere<T> get(const Stored& handle) { return Elsewhere<T>(handle); }
};

}  // namespace libvirt_napi
