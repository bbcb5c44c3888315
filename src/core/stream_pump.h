// Moves the bytes of a whole stream from or to a file, on one thread and without JavaScript.
#pragma once

#include <libvirt/libvirt.h>

#include <functional>
#include <memory>
#include <optional>

#include "descriptor.h"
#include "stop.h"
#include "unserved.h"

namespace libvirt_napi {

// How far it came, holes included.
using Progress = std::function<void(unsigned long long)>;

// Until the stream's end. Holes stay holes where the file can have some.
unsigned long long pumpInto(virStreamPtr stream, Descriptor file, bool sparse, const std::shared_ptr<Stop>& stop,
                            const Progress& progress);
// Until the file's end; none when something comes in by the link's socket before: while one only sends, that is a refusal,
// which the stream's end then tells. A socket less than 0 is not looked at.
std::optional<unsigned long long> pumpFrom(virStreamPtr stream, Descriptor file, bool sparse, const StreamLink& link,
                                           const Progress& progress);

}  // namespace libvirt_napi
