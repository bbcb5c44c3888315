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

TypedParams of(const virTypedParameter* params, int count) { return TypedParams::copyOf(params, count); }

}  // namespace copied

}  // namespace libvirt_napi
