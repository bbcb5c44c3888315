// What the facade needs of the machinery beyond libvirt's functions: ending the wait for a call, limits, figures.
#pragma once

#include <napi.h>

namespace libvirt_napi {

class Table;

// `own` are functions of ours that run on our threads, as libvirt's do.
Napi::Object makeRuntime(Napi::Env env, const Table& table, const Table& own);

}  // namespace libvirt_napi
