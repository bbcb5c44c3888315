// C's callbacks: one small function for each type of callback, made from the type. It runs on the thread of libvirt's
// event loop, where nothing may wait; it copies what libvirt lends.
#pragma once

#include <libvirt/libvirt.h>

#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "../core/encode.h"
#include "../core/shapes.h"
#include "../core/typed_params.h"
#include "event_registry.h"

namespace libvirt_napi {

// How the library takes a reference to an object that is lent.
template <LibvirtObject O>
struct Lent;
template <>
struct Lent<virDomain> {
  static int reference(virDomainPtr domain) { return virDomainRef(domain); }
};
template <>
struct Lent<virNetwork> {
  static int reference(virNetworkPtr network) { return virNetworkRef(network); }
};
template <>
struct Lent<virNodeDevice> {
  static int reference(virNodeDevicePtr device) { return virNodeDeviceRef(device); }
};
template <>
struct Lent<virSecret> {
  static int reference(virSecretPtr secret) { return virSecretRef(secret); }
};
template <>
struct Lent<virStoragePool> {
  static int reference(virStoragePoolPtr pool) { return virStoragePoolRef(pool); }
};

struct GraphicsAddress {
  int family;
  std::optional<std::string> node;
  std::optional<std::string> service;
};

struct GraphicsSubject {
  std::vector<std::pair<std::optional<std::string>, std::optional<std::string>>> identities;
};

template <>
struct Encode<GraphicsAddress> {
  static Napi::Value make(Napi::Env env, const GraphicsAddress& address);
};
template <>
struct Encode<GraphicsSubject> {
  static Napi::Value make(Napi::Env env, const GraphicsSubject& subject);
};

namespace copied {

template <class Number>
  requires(std::is_integral_v<Number>)
Number of(Number value) { return value; }
inline std::optional<std::string> of(const char* text) { return optionalText(text); }
GraphicsAddress of(const virDomainEventGraphicsAddress* address);
GraphicsSubject of(const virDomainEventGraphicsSubject* subject);
TypedParams of(const virTypedParameter* params, int count);

}  // namespace copied

template <class... Payload>
class Told final : public Event {
 public:
  explicit Told(std::shared_ptr<Handle> object, Payload... payload)
      : object_(std::move(object)), payload_(std::move(payload)...) {}

  void append(Napi::Env env, std::vector<napi_value>& arguments) const override {
    arguments.push_back(wrapHandle(env, object_));
    std::apply([&](const auto&... each) { (arguments.push_back(encode(env, each)), ...); }, payload_);
  }

 private:
  std::shared_ptr<Handle> object_;
  std::tuple<Payload...> payload_;
};

// What libvirt calls, whatever its type.
using AnyCallback = void (*)();

namespace trampoline {

template <class Wanted, class O, class... Payload>
void tellThose(Wanted wanted, void* opaque, O* object, Payload... payload) {
  const auto source = *static_cast<std::shared_ptr<EventSource>*>(opaque);
  const auto make = [&](std::shared_ptr<Handle> handle) {
    return std::make_shared<Told<Payload...>>(std::move(handle), std::move(payload)...);
  };
  source->tell(object, &Lent<O>::reference, make, wanted);
}

template <class O, class... Payload>
void tell(void* opaque, O* object, Payload... payload) {
  tellThose([](const EventQueue& /*any*/) { return true; }, opaque, object, std::move(payload)...);
}

// void f(conn, object, …, opaque)
template <class O, class... C>
struct Of {
  static void call(virConnectPtr /*conn*/, O* object, C... arguments, void* opaque) {
    tell(opaque, object, copied::of(arguments)...);
  }
};

// libvirt ignores what this one returns.
inline int lifecycle(virConnectPtr /*conn*/, virDomainPtr domain, int event, int detail, void* opaque) {
  tell(opaque, domain, event, detail);
  return 0;
}

inline void params(virConnectPtr /*conn*/, virDomainPtr domain, virTypedParameterPtr params, int count, void* opaque) {
  tell(opaque, domain, copied::of(params, count));
}

}  // namespace trampoline

template <class F>
AnyCallback anyCallback(F* f) {
  return reinterpret_cast<AnyCallback>(f);
}

template <class O, class... C>
AnyCallback callbackOf() {
  return anyCallback(&trampoline::Of<O, C...>::call);
}

}  // namespace libvirt_napi
