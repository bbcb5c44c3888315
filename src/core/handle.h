// A libvirt object as calls and JavaScript hold it: one libvirt reference, shared, given back on one of our threads.
#pragma once

#include <libvirt/libvirt-admin.h>
#include <libvirt/libvirt.h>
#include <napi.h>

#include <memory>
#include <string>

namespace libvirt_napi {

class Lane;

struct HandleType {
  const char* name;
  int (*release)(void*);
};

template <class T>
struct HandleTraits;  // specialised for each libvirt object type

template <class T, int (*Free)(T*)>
struct HandleTraitsOf {
  static int release(void* pointer) { return Free(static_cast<T*>(pointer)); }
};

template <>
struct HandleTraits<virConnect> : HandleTraitsOf<virConnect, virConnectClose> {
  static constexpr HandleType type{"virConnect", &release};
};
template <>
struct HandleTraits<virDomain> : HandleTraitsOf<virDomain, virDomainFree> {
  static constexpr HandleType type{"virDomain", &release};
};
template <>
struct HandleTraits<virDomainCheckpoint> : HandleTraitsOf<virDomainCheckpoint, virDomainCheckpointFree> {
  static constexpr HandleType type{"virDomainCheckpoint", &release};
};
template <>
struct HandleTraits<virDomainSnapshot> : HandleTraitsOf<virDomainSnapshot, virDomainSnapshotFree> {
  static constexpr HandleType type{"virDomainSnapshot", &release};
};
template <>
struct HandleTraits<virInterface> : HandleTraitsOf<virInterface, virInterfaceFree> {
  static constexpr HandleType type{"virInterface", &release};
};
template <>
struct HandleTraits<virNWFilter> : HandleTraitsOf<virNWFilter, virNWFilterFree> {
  static constexpr HandleType type{"virNWFilter", &release};
};
template <>
struct HandleTraits<virNWFilterBinding> : HandleTraitsOf<virNWFilterBinding, virNWFilterBindingFree> {
  static constexpr HandleType type{"virNWFilterBinding", &release};
};
template <>
struct HandleTraits<virNetwork> : HandleTraitsOf<virNetwork, virNetworkFree> {
  static constexpr HandleType type{"virNetwork", &release};
};
template <>
struct HandleTraits<virNetworkPort> : HandleTraitsOf<virNetworkPort, virNetworkPortFree> {
  static constexpr HandleType type{"virNetworkPort", &release};
};
template <>
struct HandleTraits<virNodeDevice> : HandleTraitsOf<virNodeDevice, virNodeDeviceFree> {
  static constexpr HandleType type{"virNodeDevice", &release};
};
template <>
struct HandleTraits<virSecret> : HandleTraitsOf<virSecret, virSecretFree> {
  static constexpr HandleType type{"virSecret", &release};
};
template <>
struct HandleTraits<virStoragePool> : HandleTraitsOf<virStoragePool, virStoragePoolFree> {
  static constexpr HandleType type{"virStoragePool", &release};
};
template <>
struct HandleTraits<virStorageVol> : HandleTraitsOf<virStorageVol, virStorageVolFree> {
  static constexpr HandleType type{"virStorageVol", &release};
};
template <>
struct HandleTraits<virAdmConnect> : HandleTraitsOf<virAdmConnect, virAdmConnectClose> {
  static constexpr HandleType type{"virAdmConnect", &release};
};
template <>
struct HandleTraits<virAdmServer> : HandleTraitsOf<virAdmServer, virAdmServerFree> {
  static constexpr HandleType type{"virAdmServer", &release};
};
template <>
struct HandleTraits<virAdmClient> : HandleTraitsOf<virAdmClient, virAdmClientFree> {
  static constexpr HandleType type{"virAdmClient", &release};
};

template <class T>
concept LibvirtObject = requires {
  HandleTraits<T>::type;
};

class Handle {
 public:
  Handle(const HandleType& type, void* pointer, std::shared_ptr<Lane> lane, std::shared_ptr<Handle> parent);
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle(Handle&&) = delete;
  Handle& operator=(Handle&&) = delete;
  // Giving back the last reference of a connection is a call to the daemon, so it never happens on this thread.
  ~Handle();

  [[nodiscard]] const HandleType& type() const { return type_; }
  [[nodiscard]] const std::shared_ptr<Lane>& lane() const { return lane_; }

  // Null once the connection has been closed. Calls hold the lane open while they run, so that what they read stays.
  template <LibvirtObject T>
  [[nodiscard]] T* get() const {
    return static_cast<T*>(pointer_);
  }

 private:
  friend class Lane;

  const HandleType& type_;
  void* pointer_;
  std::shared_ptr<Lane> lane_;
  std::shared_ptr<Handle> parent_;  // the connection: it outlives what was found through it
  Handle* previous_ = nullptr;      // the lane's list of handles, under the lane's mutex
  Handle* next_ = nullptr;
};

// A handle that a call made and JavaScript has not seen yet.
template <LibvirtObject T>
struct Made {
  std::shared_ptr<Handle> handle;
};

Napi::Value wrapHandle(Napi::Env env, std::shared_ptr<Handle> handle);

// Null when the value is none of this addon's handles.
std::shared_ptr<Handle>* unwrapHandle(napi_env env, napi_value value);

}  // namespace libvirt_napi
