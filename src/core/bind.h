// Binding by signature: one line makes a C function a JavaScript function. What its type cannot say is said on that line:
//   def("virNetworkGetXMLDesc(network, flags)", virNetworkGetXMLDesc, quick)
//   def("virNetworkIsActive(network)", virNetworkIsActive, as<bool>, quick)
//   def("virNetworkGetAutostart(network)", outOf<bool>(virNetworkGetAutostart), quick)
#pragma once

#include <memory>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "call.h"
#include "decode.h"
#include "encode.h"
#include "environment.h"
#include "function.h"
#include "lane.h"
#include "memory.h"

namespace libvirt_napi {

// Policies. Without one, an int is a status (nothing comes of it) and the call counts as waiting.
template <class T>
struct As {};
template <class T>
inline constexpr As<T> as{};  // as<int>: a count; as<bool>: a predicate
template <CallClass C>
struct In {};
inline constexpr In<CallClass::quick> quick{};
inline constexpr In<CallClass::barrier> barrier{};
inline constexpr In<CallClass::local> local{};
inline constexpr In<CallClass::aside> aside{};
struct Closer {};
inline constexpr Closer closer{};  // closes the connection's lane and runs as its last call

namespace detail {

template <class T>
inline constexpr bool isVector = false;
template <class T>
inline constexpr bool isVector<std::vector<T>> = true;

// What is kept of a C result until it is encoded; the place where its error value is recognised.
template <class Wanted, class R>
auto keep(R result) {
  if constexpr (std::is_same_v<R, int>) {
    check(result);
    if constexpr (std::is_same_v<Wanted, void>) {
      return Nothing{};
    } else {
      return static_cast<Wanted>(result);
    }
  } else if constexpr (std::is_same_v<R, char*>) {
    const std::unique_ptr<char, FreeMemory> owner(check(result));
    return std::string(owner.get());
  } else if constexpr (std::is_same_v<R, const char*>) {
    return std::string(check(result));
  } else if constexpr (std::is_pointer_v<R>) {
    static_assert(LibvirtObject<std::remove_pointer_t<R>>, "no default shape for this pointer: write a lambda");
    return Lane::current().adopt(check(result));
  } else {
    return result;
  }
}

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... A>
struct Signature<R (*)(A...)> {
  using Result = R;
  using Arguments = std::tuple<std::decay_t<A>...>;
};
template <class L, class R, class... A>
struct Signature<R (L::*)(A...) const> : Signature<R (*)(A...)> {};

template <class F, class Wanted, bool closes, class R, class Arguments>
class Bound;

template <class F, class Wanted, bool closes, class R, class... A>
class Bound<F, Wanted, closes, R, std::tuple<A...>> final : public Function {
 public:
  Bound(std::string_view prototype, CallClass callClass, F f)
      : Function(prototype, callClass, {Decode<A>::type...}), f_(f) {}

 protected:
  napi_value invoke(napi_env env, const napi_value* values) const override {
    auto arguments = decode(env, values, std::index_sequence_for<A...>());
    if (callClass() == CallClass::local) {
      return runHere(env, arguments);
    }
    auto environment = Environment::of(env);
    auto lane = laneOf(arguments);
    const auto call = std::make_shared<BoundCall>(*this, environment, std::move(lane), std::move(arguments));
    return closes ? environment->submitCloser(call) : environment->submit(call);
  }

 private:
  using Stored = std::tuple<typename Decode<A>::Stored...>;

  class BoundCall final : public Call {
   public:
    BoundCall(const Bound& bound, std::shared_ptr<Environment> environment, std::shared_ptr<Lane> lane, Stored stored)
        : Call(bound, std::move(environment), std::move(lane)), bound_(bound), stored_(std::move(stored)) {}

    void released() override {
      array_.Reset();
      std::apply([](const auto&... each) { (tell(each), ...); }, stored_);
    }

   protected:
    using Result = decltype(keep<Wanted>(std::declval<R>()));

    void execute() override {
      if (bound_.missingSince() != 0) {
        throw Failure(ErrorRecord::unsupported(bound_.name(), bound_.missingSince()));
      }
      result_.emplace(bound_.apply(stored_));
    }

    std::optional<napi_value> encode(Napi::Env env, const Deadline& deadline) override {
      if constexpr (isVector<Result>) {
        return encodeItems(env, deadline);
      } else {
        return libvirt_napi::encode(env, *result_);
      }
    }

   private:
    // Ten thousand handles take longer than one turn of the loop may: the array grows over several.
    std::optional<napi_value> encodeItems(Napi::Env env, const Deadline& deadline) {
      constexpr std::size_t betweenLooks = 16;
      auto array =
          array_.IsEmpty() ? Napi::Array::New(env, result_->size()) : array_.Value().template As<Napi::Array>();
      while (next_ < result_->size()) {
        const Napi::HandleScope scope(env);
        // Each goes as soon as JavaScript has it: ten thousand that went together would keep the loop as well.
        const auto item = std::move((*result_)[next_]);
        array.Set(static_cast<std::uint32_t>(next_), libvirt_napi::encode(env, item));
        if (++next_ % betweenLooks == 0 && deadline.passed()) {
          // Kept only from turn to turn: the last to let go of a call may be a thread of ours, which must not touch this.
          array_ = Napi::Persistent(array.template As<Napi::Object>());
          return std::nullopt;
        }
      }
      array_.Reset();
      return array;
    }

    template <class Argument>
    static void tell(const Argument& argument) {
      if constexpr (requires { argument->released(); }) {
        if (argument) {
          argument->released();
        }
      }
    }

    const Bound& bound_;
    Stored stored_;
    std::optional<Result> result_;
    Napi::ObjectReference array_;
    std::size_t next_ = 0;
  };

  template <std::size_t... I>
  Stored decode([[maybe_unused]] napi_env env, [[maybe_unused]] const napi_value* values,
                std::index_sequence<I...> /*order*/) const {
    return Stored{Decode<A>::from(Slot{env, values[I], *this, I})...};
  }

  [[nodiscard]] auto apply(const Stored& stored) const {
    return std::apply([&](const auto&... each) { return keep<Wanted>(f_(Decode<A>::get(each)...)); }, stored);
  }

  // The first handle decides; a call without one, as opening is, gets a lane of its own.
  static std::shared_ptr<Lane> laneOf(const Stored& stored) {
    std::shared_ptr<Lane> lane;
    std::apply([&](const auto&... each) { (takeLane(each, lane), ...); }, stored);
    return lane ? lane : std::make_shared<Lane>();
  }
  static void takeLane(const std::shared_ptr<Handle>& handle, std::shared_ptr<Lane>& lane) {
    if (!lane && handle) {
      lane = handle->lane();
    }
  }
  static void takeLane(const std::vector<std::shared_ptr<Handle>>& handles, std::shared_ptr<Lane>& lane) {
    if (!handles.empty()) {
      takeLane(handles.front(), lane);
    }
  }
  template <class Other>
  static void takeLane(const Other& /*other*/, std::shared_ptr<Lane>& /*lane*/) {}

  napi_value runHere(napi_env env, const Stored& stored) const {
    const auto lane = laneOf(stored);
    if (!lane->open()) {
      throw Failure(ErrorRecord::own("ERR_LIBVIRT_CLOSED", "the connection is closed"));
    }
    const Lane::Here here(*lane);
    return encode(Napi::Env(env), apply(stored));
  }

  F f_;
};

template <class... P>
struct Policies {
  using Wanted = void;
  static constexpr CallClass callClass = CallClass::wait;
  static constexpr bool closes = false;
};
template <class T, class... Rest>
struct Policies<As<T>, Rest...> : Policies<Rest...> {
  using Wanted = T;
};
template <CallClass C, class... Rest>
struct Policies<In<C>, Rest...> : Policies<Rest...> {
  static constexpr CallClass callClass = C;
};
template <class... Rest>
struct Policies<Closer, Rest...> : Policies<Rest...> {
  static constexpr bool closes = true;
};

}  // namespace detail

// All functions of the raw layer. Made once in a process and never destroyed: environments come and go.
class Table {
 public:
  template <class F, class... P>
  void def(std::string_view prototype, F f, P... /*policies*/) {
    using Chosen = detail::Policies<P...>;
    using Shape = detail::Signature<F>;
    functions_.push_back(
        std::make_unique<detail::Bound<F, typename Chosen::Wanted, Chosen::closes, typename Shape::Result,
                                       typename Shape::Arguments>>(prototype, Chosen::callClass, f));
  }

  [[nodiscard]] const std::vector<std::unique_ptr<Function>>& functions() const { return functions_; }

 private:
  std::vector<std::unique_ptr<Function>> functions_;
};

}  // namespace libvirt_napi
