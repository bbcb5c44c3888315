// Getters that are asked twice: first how many there are, then for them.
#pragma once

#include <libvirt/virterror.h>

#include <utility>

#include "error.h"

namespace libvirt_napi {

// `ask(&count)` says how many, `make(count)` has room for as many, `fill(room)` writes them. There may be more by the
// second time, which libvirt's client refuses as an answer that is too long: then both are asked once more.
template <class Ask, class Make, class Fill>
auto askedTwice(Ask ask, Make make, Fill fill) {
  constexpr int most = 3;
  for (int attempt = 1;; ++attempt) {
    int count = 0;
    check(ask(&count));
    auto room = make(count);
    if (count <= 0 || fill(room) >= 0) {
      return room;
    }
    auto failure = ErrorRecord::last();
    if (attempt == most || failure.code != VIR_ERR_RPC) {
      throw Failure(std::move(failure));
    }
  }
}

}  // namespace libvirt_napi
