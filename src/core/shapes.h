// Shapes of C functions that occur for many objects, each turned into one that binds by its signature.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "decode.h"
#include "error.h"
#include "handle.h"
#include "lane.h"
#include "memory.h"

namespace libvirt_napi {

inline std::optional<std::string> optionalText(const char* value) {
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// int f(object, T* written)
template <class Shown, class H, class T>
auto outOf(int (*f)(H*, T*)) {
  return [f](H* object) {
    T written{};
    check(f(object, &written));
    return static_cast<Shown>(written);
  };
}

// int f(object, int onOrOff)
template <class H>
auto switchOf(int (*f)(H*, int)) {
  return [f](H* object, bool on) { return f(object, on ? 1 : 0); };
}

// int f(object, unsigned char* uuid)
template <class H>
auto uuidOf(int (*f)(H*, unsigned char*)) {
  return [f](H* object) {
    UUID uuid{};
    check(f(object, uuid.data()));
    return uuid;
  };
}

// int f(object, char* text)
template <class H>
auto uuidStringOf(int (*f)(H*, char*)) {
  return [f](H* object) {
    std::array<char, VIR_UUID_STRING_BUFLEN> text{};
    check(f(object, text.data()));
    return std::string(text.data());
  };
}

// object f(parent, const unsigned char* uuid)
template <class T, class P>
auto byUUID(T* (*f)(P*, const unsigned char*)) {
  return [f](P* parent, const UUID& uuid) { return f(parent, uuid.data()); };
}

// int f(parent, T*** found, unsigned flags): an array of objects, each with a reference that is ours.
template <class T, class P>
auto listOf(int (*f)(P*, T***, unsigned)) {
  return [f](P* parent, unsigned flags) {
    T** found = nullptr;
    const int count = check(f(parent, &found, flags));
    const std::unique_ptr<T*, FreeMemory> owner(found);
    std::vector<Made<T>> handles;
    handles.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      handles.push_back(Lane::current().adopt(found[i]));
    }
    return handles;
  };
}

// An array of structs, each to be freed by its own function; `copy` makes of each what is kept.
template <class Struct, class Copy>
auto copyAll(Struct** found, int count, void (*freeOne)(Struct*), Copy copy) {
  const std::unique_ptr<Struct*, FreeMemory> owner(found);
  std::vector<decltype(copy(*found[0]))> kept;
  kept.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const std::unique_ptr<Struct, void (*)(Struct*)> one(found[i], freeOne);
    kept.push_back(copy(*one));
  }
  return kept;
}

}  // namespace libvirt_napi
