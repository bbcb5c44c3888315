// Memory that libvirt allocated and leaves to its caller.
#pragma once

#include <cstddef>
#include <cstdlib>
#if __has_include(<malloc.h>)
#include <malloc.h>
#else
#include <malloc/malloc.h>
#endif

namespace libvirt_napi {

struct FreeMemory {
  void operator()(void* memory) const {
    std::free(memory);  // NOLINT(cppcoreguidelines-owning-memory,cppcoreguidelines-no-malloc): it came from malloc in C
  }
};

// What may be read of it, where libvirt says how much that is with a number that comes from the other side of the link.
inline std::size_t roomOf(void* memory) {
#if __has_include(<malloc.h>)
  return malloc_usable_size(memory);
#else
  return malloc_size(memory);
#endif
}

// For a place that libvirt promises to fill, in case that a driver does not.
inline const char* textOrEmpty(const char* text) { return text == nullptr ? "" : text; }

}  // namespace libvirt_napi
