// A stream as an argument beside another object, which decides where the call runs.
#pragma once

#include <libvirt/libvirt.h>

#include <memory>

#include "../core/bind.h"
#include "../core/stream_handle.h"

namespace libvirt_napi {

// Nothing keeps another connection open for as long as a call of this one runs.
class StreamOfHere {
 public:
  explicit StreamOfHere(const Handle& handle);
  [[nodiscard]] virStreamPtr get() const { return stream_; }

 private:
  virStreamPtr stream_ = nullptr;
};

template <>
struct Decode<StreamOfHere> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<virStream>::type.name;
  static Stored from(const Slot& slot) { return decodeHandle(slot, HandleTraits<virStream>::type); }
  static StreamOfHere get(const Stored& handle) { return StreamOfHere(*handle); }
};

}  // namespace libvirt_napi
