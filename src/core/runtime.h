// What the facade needs of the machinery beyond libvirt's functions: ending the wait for a call, limits, figures.
#pragma once

#include <napi.h>

namespace libvirt_napi {

class Function;
class Table;

// `ping` asks a connection's daemon for a sign of life.
Napi::Object makeRuntime(Napi::Env env, const Table& table, const Function& ping);

}  // namespace libvirt_napi
