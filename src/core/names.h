// Lists whose caller says how much room there is: the older way of libvirt.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "error.h"
#include "memory.h"

namespace libvirt_napi {

// `fill` writes into room for so many and gives how many there are: with some drivers that is all of them, not only
// those that found room.
template <class Item, class Fill>
std::vector<Item> listInto(int room, Fill fill) {
  constexpr int most = 1 << 20;  // a huge room must not become a huge allocation
  // Never empty: older libvirts refuse a null pointer even where nothing is to be written.
  std::vector<Item> items(static_cast<std::size_t>(std::clamp(room, 1, most)));
  const int count = check(fill(items.data(), std::min(room, most)));
  items.resize(static_cast<std::size_t>(std::clamp(std::min(count, room), 0, most)));
  return items;
}

// The strings of a C array, each ours.
inline std::vector<std::string> takeTexts(char* const* found, int count) {
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::unique_ptr<char, FreeMemory> one(found[i]);
    texts.emplace_back(textOrEmpty(one.get()));
  }
  return texts;
}

// The same, and the array as well.
inline std::vector<std::string> takeTextArray(char** found, int count) {
  const std::unique_ptr<char*, FreeMemory> owner(found);
  return takeTexts(found, count);
}

// char **names, each string ours.
template <class Fill>
std::vector<std::string> namesFrom(int room, Fill fill) {
  const auto names = listInto<char*>(room, fill);
  return takeTexts(names.data(), static_cast<int>(names.size()));
}

// int f(parent, char** names, int maxnames)
template <class P>
auto namesOf(int (*f)(P*, char**, int)) {
  return [f](P* parent, int maxnames) {
    return namesFrom(maxnames, [&](char** names, int room) { return f(parent, names, room); });
  };
}

}  // namespace libvirt_napi
