#include "event_payload.h"

#include <span>

namespace libvirt_napi {

namespace {

struct Identity {
  std::optional<std::string> type;
  std::optional<std::string> name;
};

}  // namespace

template <>
struct Encode<Identity> {
  static Napi::Value make(Napi::Env env, const Identity& identity) {
    return fields(env, "type", identity.type, "name", identity.name);
  }
};

Napi::Value Encode<GraphicsAddress>::make(Napi::Env env, const GraphicsAddress& address) {
  return fields(env, "family", address.family, "node", address.node, "service", address.service);
}

Napi::Value Encode<GraphicsSubject>::make(Napi::Env env, const GraphicsSubject& subject) {
  std::vector<Identity> identities;
  for (const auto& [type, name] : subject.identities) {
    identities.push_back({type, name});
  }
  return fields(env, "identities", identities);
}

namespace copied {

GraphicsAddress of(const virDomainEventGraphicsAddress* address) {
  if (address == nullptr) {
    return {};
  }
  return {address->family, optionalText(address->node), optionalText(address->service)};
}

GraphicsSubject of(const virDomainEventGraphicsSubject* subject) {
  GraphicsSubject copy;
  if (subject != nullptr && subject->nidentity > 0) {
    for (const auto& [type, name] : std::span(subject->identities, static_cast<std::size_t>(subject->nidentity))) {
      copy.identities.emplace_back(optionalText(type), optionalText(name));
    }
  }
  return copy;
}

TypedParams of(const virTypedParameter* params, int count) {
  TypedParams copy;
  for (const auto& param : std::span(params, static_cast<std::size_t>(count > 0 ? count : 0))) {
    const std::string field(&param.field[0]);
    switch (param.type) {
      case VIR_TYPED_PARAM_INT:
        copy.add(field, param.value.i);
        break;
      case VIR_TYPED_PARAM_UINT:
        copy.add(field, param.value.ui);
        break;
      case VIR_TYPED_PARAM_LLONG:
        copy.add(field, param.value.l);
        break;
      case VIR_TYPED_PARAM_ULLONG:
        copy.add(field, param.value.ul);
        break;
      case VIR_TYPED_PARAM_DOUBLE:
        copy.add(field, param.value.d);
        break;
      case VIR_TYPED_PARAM_BOOLEAN:
        copy.add(field, param.value.b != 0);
        break;
      default:
        copy.add(field, std::string(param.value.s == nullptr ? "" : param.value.s));
    }
  }
  return copy;
}

}  // namespace copied

}  // namespace libvirt_napi
