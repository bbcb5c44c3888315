#include "params_in.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "values.h"

namespace libvirt_napi {

namespace {

constexpr std::array<std::pair<std::string_view, int>, 7> typeNames{{{"int", VIR_TYPED_PARAM_INT},
                                                                     {"uint", VIR_TYPED_PARAM_UINT},
                                                                     {"llong", VIR_TYPED_PARAM_LLONG},
                                                                     {"ullong", VIR_TYPED_PARAM_ULLONG},
                                                                     {"double", VIR_TYPED_PARAM_DOUBLE},
                                                                     {"boolean", VIR_TYPED_PARAM_BOOLEAN},
                                                                     {"string", VIR_TYPED_PARAM_STRING}}};

// One value of one field; the errors about it name the field, too.
class Value {
 public:
  Value(const Slot& slot, const std::string& field, Napi::Value value)
      : slot_{slot.env, value, slot.function, slot.index}, field_(field), value_(value) {}

  void addTo(TypedParams& params, int type) const {
    if (value_.IsObject() && !value_.IsArray()) {
      addTagged(params);
      return;
    }
    switch (type) {
      case VIR_TYPED_PARAM_INT:
        requireKind(value_.IsNumber(), "a number");
        return params.add(field_,
                          static_cast<int>(integer(std::numeric_limits<int>::min(), std::numeric_limits<int>::max())));
      case VIR_TYPED_PARAM_UINT:
        requireKind(value_.IsNumber(), "a number");
        return params.add(field_, static_cast<unsigned>(integer(0, std::numeric_limits<unsigned>::max())));
      case VIR_TYPED_PARAM_LLONG:
        requireKind(value_.IsNumber() || value_.IsBigInt(), "a bigint or a number");
        return params.add(field_, decodeLongLong(slot_));
      case VIR_TYPED_PARAM_ULLONG:
        requireKind(value_.IsNumber() || value_.IsBigInt(), "a bigint or a number");
        return params.add(field_, decodeUnsignedLongLong(slot_));
      case VIR_TYPED_PARAM_DOUBLE:
        requireKind(value_.IsNumber(), "a number");
        return params.add(field_, value_.As<Napi::Number>().DoubleValue());
      case VIR_TYPED_PARAM_BOOLEAN:
        requireKind(value_.IsBoolean(), "a boolean");
        return params.add(field_, value_.As<Napi::Boolean>().Value());
      default:
        requireKind(value_.IsString(), "a string");
        return addText(params);
    }
  }

  // For a field that no table knows: only what needs no table.
  void addUnknown(TypedParams& params) const {
    if (value_.IsBoolean()) {
      addTo(params, VIR_TYPED_PARAM_BOOLEAN);
    } else if (value_.IsString()) {
      addTo(params, VIR_TYPED_PARAM_STRING);
    } else {
      requireKind(value_.IsObject() && !value_.IsArray(),
                  "{ type, value }, since this version of the package does not know the field");
      addTagged(params);
    }
  }

 private:
  // It may be a secret: `sev-secret`.
  void addText(TypedParams& params) const {
    const auto text = Decode<SecretText>::from(slot_);
    params.add(field_, Decode<SecretText>::get(text).text);
  }

  void addTagged(TypedParams& params) const {
    const auto object = value_.As<Napi::Object>();
    const Napi::Value type = object.Get("type");
    const auto name = type.IsString() ? type.As<Napi::String>().Utf8Value() : std::string();
    const auto* found =
        std::find_if(typeNames.begin(), typeNames.end(), [&](const auto& row) { return row.first == name; });
    const Napi::Value inner = object.Get("value");
    requireKind(found != typeNames.end() && !inner.IsObject(),
                "a value, or { type, value } with the name of a wire type");
    Value(slot_, field_, inner).addTo(params, found->second);
  }

  [[nodiscard]] double integer(double least, double most) const {
    const double number = value_.As<Napi::Number>().DoubleValue();
    if (!(number >= least && number <= most) || std::trunc(number) != number) {
      slot_.wrongRange("parameters whose \"" + field_ + "\" fits its type");
    }
    return number;
  }

  void requireKind(bool fits, const std::string& kind) const {
    if (!fits) {
      slot_.wrongType("parameters whose \"" + field_ + "\" is " + kind);
    }
  }

  const Slot slot_;  // whose value is that of the field
  const std::string& field_;
  Napi::Value value_;
};

void addField(const Slot& slot, TypedParams& params, const std::string& field, Napi::Value value,
              std::span<const Field> table) {
  const auto known = std::find_if(table.begin(), table.end(), [&](const Field& row) { return row.name == field; });
  const Value one(slot, field, value);
  if (known == table.end()) {
    one.addUnknown(params);
  } else {
    one.addTo(params, known->type);
  }
}

}  // namespace

std::shared_ptr<TypedParams> decodeParams(const Slot& slot, std::span<const Field> table) {
  if (slot.parameter().nullable && slot.missing()) {
    return nullptr;
  }
  const Napi::Value value(slot.env, slot.value);
  if (!value.IsObject() || value.IsArray() || value.IsFunction() || unwrapHandle(slot.env, slot.value) != nullptr) {
    slot.wrongType("an object of parameters");
  }
  auto params = std::make_shared<TypedParams>();
  const auto object = value.As<Napi::Object>();
  const auto names = object.GetPropertyNames();
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    const auto name = names.Get(i).ToString().Utf8Value();
    if (name.empty() || name.size() >= VIR_TYPED_PARAM_FIELD_LENGTH || name.find('\0') != std::string::npos) {
      slot.wrongRange("parameters with names of 1 to " + std::to_string(VIR_TYPED_PARAM_FIELD_LENGTH - 1) + " bytes");
    }
    const Napi::Value given = object.Get(name);
    if (given.IsNull() || given.IsUndefined()) {
      continue;
    }
    if (!given.IsArray()) {
      addField(slot, *params, name, given, table);
      continue;
    }
    const auto items = given.As<Napi::Array>();
    for (std::uint32_t item = 0; item < items.Length(); ++item) {
      addField(slot, *params, name, items.Get(item), table);
    }
  }
  return params;
}

}  // namespace libvirt_napi
