// Streams as handles.
#pragma once

#include <libvirt/libvirt.h>

#include "handle.h"

namespace libvirt_napi {

// One that nobody finished is aborted: else the daemon keeps what it reads or writes busy.
int releaseStream(virStreamPtr stream);

template <>
struct HandleTraits<virStream> : HandleTraitsOf<virStream, releaseStream> {
  static constexpr HandleType type{"virStream", &release};
};

}  // namespace libvirt_napi
