// What the facade needs of the machinery beyond libvirt's functions: ending the wait for a call, limits, figures.
#pragma once

#include <napi.h>

namespace libvirt_napi {

class Table;

Napi::Object makeRuntime(Napi::Env env, const Table& table);

}  // namespace libvirt_napi
