#include "decode.h"

#include <cmath>
#include <cstring>

namespace libvirt_napi {

namespace {

std::string describe(const Slot& slot) {
  napi_valuetype type = napi_undefined;
  napi_typeof(slot.env, slot.value, &type);
  switch (type) {
    case napi_undefined:
      return "undefined";
    case napi_null:
      return "null";
    case napi_boolean:
      return "a boolean";
    case napi_number:
      return "the number " + Napi::Value(slot.env, slot.value).ToString().Utf8Value();
    case napi_string:
      return "a string";
    case napi_symbol:
      return "a symbol";
    case napi_object: {
      const auto* handle = unwrapHandle(slot.env, slot.value);
      return handle == nullptr ? "an object" : std::string("a ") + (*handle)->type().name;
    }
    case napi_function:
      return "a function";
    case napi_external:
      return "an external";
    case napi_bigint:
      return "the bigint " + Napi::Value(slot.env, slot.value).ToString().Utf8Value();
  }
  return "something else";
}

bool is(const Slot& slot, napi_valuetype wanted) {
  napi_valuetype type = napi_undefined;
  napi_typeof(slot.env, slot.value, &type);
  return type == wanted;
}

std::string number(double value) {
  auto text = std::to_string(value);
  return text.substr(0, text.find('.'));
}

}  // namespace

bool Slot::missing() const { return is(*this, napi_undefined) || is(*this, napi_null); }

void Slot::fail(Misuse::Kind kind, const std::string& expected) const {
  throw Misuse(kind, function.name() + ": argument " + std::to_string(index + 1) + " (" + parameter().name +
                         ") must be " + expected + (parameter().nullable ? " or null" : "") + " but is " +
                         describe(*this));
}
void Slot::wrongType(const std::string& expected) const { fail(Misuse::Kind::type, expected); }
void Slot::wrongRange(const std::string& expected) const { fail(Misuse::Kind::range, expected); }

std::optional<std::string> decodeText(const Slot& slot) {
  if (slot.parameter().nullable && slot.missing()) {
    return std::nullopt;
  }
  if (!is(slot, napi_string)) {
    slot.wrongType("a string");
  }
  auto text = Napi::String(slot.env, slot.value).Utf8Value();
  if (text.find('\0') != std::string::npos) {
    slot.wrongType("a string without NUL characters");
  }
  return text;
}

double decodeInteger(const Slot& slot, double least, double most) {
  if (!is(slot, napi_number)) {
    slot.wrongType("a number");
  }
  const double value = Napi::Number(slot.env, slot.value).DoubleValue();
  if (!(value >= least && value <= most) || std::trunc(value) != value) {
    slot.wrongRange("an integer from " + number(least) + " to " + number(most));
  }
  return value;
}

long long decodeLongLong(const Slot& slot) {
  constexpr double safe = 9007199254740991.0;
  if (is(slot, napi_bigint)) {
    bool lossless = false;
    const auto value = Napi::BigInt(slot.env, slot.value).Int64Value(&lossless);
    if (!lossless) {
      slot.wrongRange("an integer from -2^63 to 2^63 - 1");
    }
    return value;
  }
  if (!is(slot, napi_number)) {
    slot.wrongType("a bigint or a number");
  }
  return static_cast<long long>(decodeInteger(slot, -safe, safe));
}

unsigned long long decodeUnsignedLongLong(const Slot& slot) {
  constexpr double safe = 9007199254740991.0;
  if (is(slot, napi_bigint)) {
    bool lossless = false;
    const auto value = Napi::BigInt(slot.env, slot.value).Uint64Value(&lossless);
    if (!lossless) {
      slot.wrongRange("an integer from 0 to 2^64 - 1");
    }
    return value;
  }
  if (!is(slot, napi_number)) {
    slot.wrongType("a bigint or a number");
  }
  return static_cast<unsigned long long>(decodeInteger(slot, 0, safe));
}

Napi::Array decodeArray(const Slot& slot, const std::string& expected) {
  const Napi::Value value(slot.env, slot.value);
  if (!value.IsArray()) {
    slot.wrongType(expected);
  }
  return value.As<Napi::Array>();
}

bool decodeBoolean(const Slot& slot) {
  if (!is(slot, napi_boolean)) {
    slot.wrongType("a boolean");
  }
  return Napi::Boolean(slot.env, slot.value).Value();
}

UUID decodeUUID(const Slot& slot) {
  bool bytes = false;
  napi_is_buffer(slot.env, slot.value, &bytes);
  if (!bytes) {
    slot.wrongType("a Buffer of 16 bytes");
  }
  void* data = nullptr;
  std::size_t length = 0;
  NAPI_THROW_IF_FAILED(slot.env, napi_get_buffer_info(slot.env, slot.value, &data, &length), UUID{});
  UUID uuid{};
  if (length != uuid.size()) {
    slot.wrongRange("a Buffer of 16 bytes");
  }
  std::memcpy(uuid.data(), data, length);
  return uuid;
}

std::shared_ptr<Handle> decodeHandle(const Slot& slot, const HandleType& type) {
  const auto* handle = is(slot, napi_object) ? unwrapHandle(slot.env, slot.value) : nullptr;
  if (handle == nullptr || &(*handle)->type() != &type) {
    slot.wrongType(std::string("a ") + type.name);
  }
  return *handle;
}

std::vector<std::shared_ptr<Handle>> decodeHandles(const Slot& slot, const HandleType& type) {
  const std::string expected = std::string("an array of ") + type.name + " of one connection";
  const Napi::Value value(slot.env, slot.value);
  if (!value.IsArray()) {
    slot.wrongType(expected);
  }
  const auto array = value.As<Napi::Array>();
  std::vector<std::shared_ptr<Handle>> handles;
  for (std::uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    const auto* handle = item.IsObject() ? unwrapHandle(slot.env, item) : nullptr;
    if (handle == nullptr || &(*handle)->type() != &type || (i > 0 && (*handle)->lane() != handles[0]->lane())) {
      slot.wrongType(expected);
    }
    handles.push_back(*handle);
  }
  return handles;
}

}  // namespace libvirt_napi
