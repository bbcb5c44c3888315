// Typed parameters for setters. libvirt checks the wire type of each exactly, so a table says what a number becomes.
#pragma once

#include <libvirt/libvirt.h>
#include <napi.h>

#include <memory>
#include <span>
#include <string_view>

#include "asked_twice.h"
#include "decode.h"
#include "typed_params.h"

namespace libvirt_napi {

struct Field {
  std::string_view name;
  int type;  // virTypedParameterType
};

// { field: value }, an array for a field that occurs more than once, { type, value } for one that the table lacks.
std::shared_ptr<TypedParams> decodeParams(const Slot& slot, std::span<const Field> table);

// An argument whose fields are those of a table of generated/fields.h. Null where the argument may be null: no parameters.
template <const auto& Table>
struct Params {
  std::shared_ptr<TypedParams> list;

  [[nodiscard]] virTypedParameterPtr data() const { return list ? list->data() : nullptr; }
  [[nodiscard]] int size() const { return list ? list->size() : 0; }
};

template <const auto& Table>
struct Decode<Params<Table>> {
  using Stored = std::shared_ptr<TypedParams>;
  static constexpr const char* type = "params";
  static Stored from(const Slot& slot) { return decodeParams(slot, Table); }
  static Params<Table> get(const Stored& list) { return {list}; }
};

// int f(object, params, nparams, flags)
template <const auto& Table, class H>
auto paramsTo(int (*f)(H*, virTypedParameterPtr, int, unsigned)) {
  return [f](H* object, const Params<Table>& params, unsigned flags) {
    return f(object, params.data(), params.size(), flags);
  };
}

// int f(object, params, &nparams, flags), first asked how many there are.
template <class H>
auto paramsOf(int (*f)(H*, virTypedParameterPtr, int*, unsigned)) {
  return [f](H* object, unsigned flags) {
    return askedTwice([&](int* count) { return f(object, nullptr, count, flags); },
                      [](int count) { return TypedParams(count); },
                      [&](TypedParams& params) { return f(object, params.data(), params.room(), flags); });
  };
}

// int f(object, &params, &nparams, flags), which allocates them.
template <class H, class Count>
auto allocatedParamsOf(int (*f)(H*, virTypedParameterPtr*, Count*, unsigned)) {
  return [f](H* object, unsigned flags) {
    virTypedParameterPtr params = nullptr;
    Count count = 0;
    check(f(object, &params, &count, flags));
    return TypedParams(params, static_cast<int>(count));
  };
}

}  // namespace libvirt_napi
