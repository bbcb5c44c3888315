// Moves the bytes of a whole stream from or to a file, on one thread and without JavaScript.
#pragma once

#include <libvirt/libvirt.h>

#include <functional>

namespace libvirt_napi {

// How far it came, holes included.
using Progress = std::function<void(unsigned long long)>;

// Until the stream's end. Holes stay holes where the file can have some.
unsigned long long pumpInto(virStreamPtr stream, int file, bool sparse, const Progress& progress);
// Until the file's end, or until something comes in by the socket: while one only sends, that is a refusal, which the
// stream's end then tells. Socket less than 0: not looked at.
unsigned long long pumpFrom(virStreamPtr stream, int file, int socket, bool sparse, const Progress& progress);

}  // namespace libvirt_napi
