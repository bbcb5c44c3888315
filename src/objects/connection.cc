#include <libvirt/libvirt.h>

#include "../core/event_loop.h"
#include "../core/shapes.h"
#include "close_callback.h"
#include "credentials.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

struct Version {
  unsigned long libVer;
  unsigned long typeVer;
};

}  // namespace

template <>
struct Encode<Version> {
  static Napi::Value make(Napi::Env env, const Version& version) {
    return fields(env, "libVer", version.libVer, "typeVer", version.typeVer);
  }
};

template <>
struct Encode<virNodeInfo> {
  static Napi::Value make(Napi::Env env, const virNodeInfo& info) {
    return fields(env, "model", std::string(&info.model[0]), "memory", info.memory, "cpus", info.cpus, "mhz", info.mhz,
                  "nodes", info.nodes, "sockets", info.sockets, "cores", info.cores, "threads", info.threads);
  }
};

namespace {

// Without credentials nothing may be asked: the default callbacks of virConnectOpenAuth would use the terminal.
virConnectPtr open(const char* name) {
  ensureEventLoop();
  return virConnectOpen(name);
}

virConnectPtr openReadOnly(const char* name) {
  ensureEventLoop();
  return virConnectOpenReadOnly(name);
}

Opened openAuth(const char* name, const std::shared_ptr<Credentials>& credentials, unsigned flags) {
  ensureEventLoop();
  return openWith(credentials, name, flags);
}

bool alive(virConnectPtr conn) { return !Lane::current().lost() && check(virConnectIsAlive(conn)) != 0; }

Version versions(const char* type) {
  Version version{};
  check(virGetVersion(&version.libVer, type, type == nullptr ? nullptr : &version.typeVer));
  return version;
}

using ConnectionClose = CloseCallback<virConnect, virConnectRegisterCloseCallback, virConnectUnregisterCloseCallback>;

}  // namespace

void bindConnection(Table& table) {
  table.def("virGetVersion(type?)", versions, local);
  table.def("virConnectOpen(name?)", open);
  table.def("virConnectOpenReadOnly(name?)", openReadOnly);
  table.def("virConnectOpenAuth(name?, auth?, flags)", openAuth);
  table.def(
      "virConnectClose(conn)", [](virConnectPtr) { return Lane::current().releaseAll(); }, as<int>, quick, closer);

  table.def("virConnectRegisterCloseCallback(conn, cb)", ConnectionClose::add, quick);
  table.def("virConnectUnregisterCloseCallback(conn, cb)", ConnectionClose::remove, quick);

  table.def("virConnectGetURI(conn)", virConnectGetURI, local);
  table.def("virConnectIsAlive(conn)", alive, local);
  table.def("virConnectSetKeepAlive(conn, interval, count)", virConnectSetKeepAlive, as<int>, local);
  table.def("virConnectIsSecure(conn)", virConnectIsSecure, as<bool>, quick);
  table.def("virConnectIsEncrypted(conn)", virConnectIsEncrypted, as<bool>, quick);

  table.def("virConnectGetType(conn)", virConnectGetType, quick);
  table.def("virConnectGetVersion(conn)", outOf<unsigned long>(virConnectGetVersion), quick);
  table.def("virConnectGetLibVersion(conn)", outOf<unsigned long>(virConnectGetLibVersion), quick);
  table.def("virConnectGetHostname(conn)", virConnectGetHostname, quick);
  table.def("virConnectGetCapabilities(conn)", virConnectGetCapabilities);
  table.def("virNodeGetInfo(conn)", outOf<virNodeInfo>(virNodeGetInfo));
}

void bindRuntime(Table& table) {
  // Every daemon answers this from memory, with priority, to everybody.
  table.def("virConnectGetLibVersion(conn)", outOf<unsigned long>(virConnectGetLibVersion), aside);
}

}  // namespace libvirt_napi
