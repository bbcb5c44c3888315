// File descriptors on their way into libvirt and out of it. Both ways somebody has to close them whatever happens.
#pragma once

#include <unistd.h>

#include <utility>
#include <vector>

#include "decode.h"
#include "encode.h"

namespace libvirt_napi {

// Owns a descriptor of this process until JavaScript gets it.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) {
      ::close(number_);
    }
  }

  // A duplicate that no program which this process starts inherits; none when the number is not open.
  static Descriptor duplicateOf(int number);

  [[nodiscard]] int number() const { return number_; }
  // For who closes it from now on. Arguments and results are const for those that pass them on, which is where they
  // change hands.
  int release() const { return std::exchange(number_, -1); }

 private:
  mutable int number_ = -1;
};

// What C gets is a duplicate, made when the call is: until a call comes to its turn the caller may have closed the
// number, and the process may have opened another file under it. It is closed as soon as C returns: who unmounts a file
// system after a call must not find it busy.
template <>
struct Decode<Descriptor> {
  using Stored = Descriptor;
  static constexpr const char* type = "fd";
  static Stored from(const Slot& slot);
  static Descriptor get(const Stored& descriptor) { return Descriptor(descriptor.release()); }
};

template <>
struct Decode<std::vector<Descriptor>> {
  using Stored = std::vector<Descriptor>;
  static constexpr const char* type = "fd[]";
  static Stored from(const Slot& slot);
  static std::vector<Descriptor> get(const Stored& list);
};

// What comes out of C. A result that nobody waits for any more is closed with its call.
template <>
struct Encode<Descriptor> {
  static Napi::Value make(Napi::Env env, const Descriptor& descriptor) {
    const auto value = Napi::Number::New(env, descriptor.number());
    descriptor.release();
    return value;
  }
};

// The numbers, for C functions that take an array; it is theirs to read only.
std::vector<int> numbersOf(const std::vector<Descriptor>& descriptors);
// Takes over what C has filled an array with.
std::vector<Descriptor> descriptorsFrom(const int* numbers, std::size_t count);

}  // namespace libvirt_napi
