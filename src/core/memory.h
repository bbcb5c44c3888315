// Memory that libvirt allocated and leaves to its caller.
#pragma once

#include <cstdlib>

namespace libvirt_napi {

struct FreeMemory {
  void operator()(void* memory) const {
    std::free(memory);  // NOLINT(cppcoreguidelines-owning-memory,cppcoreguidelines-no-malloc): it came from malloc in C
  }
};

// For a place that libvirt promises to fill, in case that a driver does not.
inline const char* textOrEmpty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace libvirt_napi
