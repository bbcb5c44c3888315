// What libvirt tells of a stream. libvirt's clients of a daemon never call the function that frees what a callback was
// given, other drivers do, and either may still be in the callback when it is taken back. So libvirt is given a number.
#pragma once

#include <libvirt/libvirt.h>

#include <functional>

namespace libvirt_napi {

using StreamEvent = std::function<void(virStreamPtr stream, int events)>;

// As libvirt's functions; a stream has one callback at most. It is kept until it is removed, but no longer than the stream.
int addStreamEvent(virStreamPtr stream, int events, StreamEvent callback);
int removeStreamEvent(virStreamPtr stream);

}  // namespace libvirt_napi
