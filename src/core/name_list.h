// Older lists: C fills an array of strings that the caller made, and each string is then the caller's.
#pragma once

#include "names.h"

namespace libvirt_napi {

// int f(parent, char** names, int maxnames)
template <class P>
auto namesOf(int (*f)(P*, char**, int)) {
  return [f](P* parent, int maxnames) {
    return namesFrom(maxnames, [&](char** names, int room) { return f(parent, names, room); });
  };
}

}  // namespace libvirt_napi
