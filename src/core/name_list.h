// Older lists: C fills an array of strings that the caller made, and each string is then the caller's.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "error.h"
#include "memory.h"

namespace libvirt_napi {

// int f(parent, char** names, int maxnames)
template <class P>
auto namesOf(int (*f)(P*, char**, int)) {
  return [f](P* parent, int maxnames) {
    // The remote protocol allows 16384; a huge number must not become a huge allocation. Never empty: older libvirts
    // refuse a null pointer even where nothing is to be written.
    constexpr int most = 65536;
    std::vector<char*> found(static_cast<std::size_t>(std::clamp(maxnames, 1, most)));
    const int count = check(f(parent, found.data(), std::min(maxnames, most)));
    std::vector<std::unique_ptr<char, FreeMemory>> owners;
    owners.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      owners.emplace_back(found[static_cast<std::size_t>(i)]);
    }
    std::vector<std::string> names;
    names.reserve(owners.size());
    for (const auto& name : owners) {
      names.emplace_back(name.get());
    }
    return names;
  };
}

}  // namespace libvirt_napi
