// The one function of a connection that is told when its link to the daemon ends. The same for libvirt and libvirt-admin.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "../core/callback.h"
#include "../core/lane.h"

namespace libvirt_napi {

// A connection that has to be known as a handle, too.
template <LibvirtObject T>
struct Watched {
  std::shared_ptr<Handle> handle;
};

template <LibvirtObject T>
struct Decode<Watched<T>> {
  using Stored = std::shared_ptr<Handle>;
  static constexpr const char* type = HandleTraits<T>::type.name;
  static Stored from(const Slot& slot) { return decodeHandle(slot, HandleTraits<T>::type); }
  static Watched<T> get(const Stored& handle) { return {handle}; }
};

// It refers to its connection weakly, so that one which is forgotten is closed nevertheless. libvirt must have forgotten
// the function before virConnectClose: after it, taking it back deadlocks, and until then libvirt keeps the connection.
template <LibvirtObject T, auto Register, auto Unregister>
class CloseCallback : public std::enable_shared_from_this<CloseCallback<T, Register, Unregister>> {
 public:
  CloseCallback(std::weak_ptr<Handle> connection, std::shared_ptr<Callback> callback)
      : connection_(std::move(connection)), callback_(std::move(callback)) {}

  static int add(const Watched<T>& connection, const std::shared_ptr<Callback>& callback) {
    auto* conn = connection.handle->template get<T>();
    const auto self = std::make_shared<CloseCallback>(connection.handle, callback);
    self->kept_ = self;
    if (Register(conn, closed, self.get(), freed) < 0) {
      auto failure = ErrorRecord::last();
      self->letGo();
      throw Failure(std::move(failure));
    }
    const auto ending = Lane::current().endings().add([conn] { forget(conn); });
    const std::scoped_lock lock(mutex());
    known()[conn] = {self, ending};
    return 0;
  }

  // libvirt knows no more than one, so which it was need not be said.
  static int remove(const Watched<T>& connection, const std::shared_ptr<Callback>& /*callback*/) {
    auto* conn = connection.handle->template get<T>();
    const auto ending = find(conn).ending;
    check(forget(conn));
    Lane::current().endings().takeBack(ending);
    return 0;
  }

 private:
  struct Known {
    std::weak_ptr<CloseCallback> self;
    std::uint64_t ending = 0;
  };

  static void closed(T* /*connection*/, int reason, void* opaque) {
    const auto& self = *static_cast<CloseCallback*>(opaque);
    const auto connection = self.connection_;
    self.callback_->post([connection, reason](Napi::Env env) -> std::vector<napi_value> {
      auto handle = connection.lock();
      return {handle ? wrapHandle(env, std::move(handle)) : env.Null(), Napi::Number::New(env, reason)};
    });
  }

  static void freed(void* opaque) { static_cast<CloseCallback*>(opaque)->letGo(); }

  static int forget(T* conn) {
    const auto self = find(conn).self.lock();
    const int result = Unregister(conn, closed);
    // A driver that has no use for the function never gives it back.
    if (result == 0 && self) {
      self->letGo();
    }
    return result;
  }

  static Known find(T* conn) {
    const std::scoped_lock lock(mutex());
    const auto found = known().find(conn);
    return found == known().end() ? Known{} : found->second;
  }

  void letGo() {
    std::shared_ptr<CloseCallback> last;
    const std::scoped_lock lock(mutex());
    last.swap(kept_);
    std::erase_if(known(), [this](const auto& one) { return one.second.self.lock().get() == this; });
  }

  // Leaked on purpose, as all that belongs to the process.
  static std::mutex& mutex() {
    static auto* mutex = new std::mutex;  // NOLINT(cppcoreguidelines-owning-memory)
    return *mutex;
  }
  static std::unordered_map<T*, Known>& known() {
    static auto* known = new std::unordered_map<T*, Known>;  // NOLINT(cppcoreguidelines-owning-memory)
    return *known;
  }

  std::weak_ptr<Handle> connection_;
  std::shared_ptr<Callback> callback_;
  std::shared_ptr<CloseCallback> kept_;  // by libvirt
};

}  // namespace libvirt_napi
