// The file of this machine that a stream's bytes go into or come from.
#pragma once

#include <cstddef>

#include "descriptor.h"

namespace libvirt_napi {

// Every function throws what the system says.
class File {
 public:
  explicit File(Descriptor descriptor);

  std::size_t read(char* into, std::size_t most) const;
  void write(const char* from, std::size_t count) const;
  // A hole where the file can have one, else zeros.
  void skip(long long length) const;
  // A hole at the end is one only when the file says how long it is.
  void endHere() const;
  // Some file systems find room for what was written, or none, only now.
  void close() const;

  // How far data, or a hole, goes from here; the end of the file ends both.
  [[nodiscard]] long long next(long long from, int what, long long size) const;
  void seek(long long to) const;
  [[nodiscard]] long long size() const;
  [[nodiscard]] long long place() const;

 private:
  [[nodiscard]] int number() const { return descriptor_.number(); }

  Descriptor descriptor_;
  bool regular_ = false;
};

}  // namespace libvirt_napi
