// Ends a crash of libvirt's client before 10.4 when calls of one connection overlap.
#pragma once

namespace libvirt_napi {

// Whether libvirt's loops run through this module: not when another module of the process had loaded libvirt before.
bool endsStaleSources();

}  // namespace libvirt_napi
