// Administration of a daemon: its servers, their clients, its log.
#include <libvirt/libvirt-admin.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include <memory>
#include <string>

#include "../core/class_names.h"
#include "../core/event_loop.h"
#include "../core/params_in.h"
#include "../core/shapes.h"
#include "../generated/fields.h"
#include "../generated/weak.h"
#include "close_callback.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// Before the first connection of its own, libvirt makes its object types: so they are there when libvirt-admin's come.
void requireSharedClassNames() {
  static const bool shared = [] {
    virConnectPtr none = virConnectOpen("none-at-all:///");
    if (none != nullptr) {
      virConnectClose(none);
    }
    return sharesClassNames();
  }();
  if (!shared) {
    throw Failure(ErrorRecord{.code = VIR_ERR_NO_SUPPORT,
                              .domain = VIR_FROM_ADMIN,
                              .level = VIR_ERR_ERROR,
                              .message = "this process loaded libvirt in a way in which libvirt-admin would crash it: "
                                         "load libvirt-napi before other addons that use libvirt"});
  }
}

virAdmConnectPtr open(const char* name, unsigned flags) {
  ensureEventLoop();
  requireSharedClassNames();
  check(virAdmInitialize());
  return virAdmConnectOpen(name, flags);
}

bool alive(virAdmConnectPtr conn) { return !Lane::current().lost() && check(virAdmConnectIsAlive(conn)) != 0; }

unsigned long long version() {
  unsigned long long libVer = 0;
  check(virAdmGetVersion(&libVer));
  return libVer;
}

// int f(conn, &text, flags): how many settings the text lists, or -1.
auto settingsOf(int (*f)(virAdmConnectPtr, char**, unsigned)) {
  return [f](virAdmConnectPtr conn, unsigned flags) {
    char* text = nullptr;
    check(f(conn, &text, flags));
    const std::unique_ptr<char, FreeMemory> owner(text);
    return text == nullptr ? std::string() : std::string(text);
  };
}

// None of them is a good number of a transport.
long transport(virAdmClientPtr client) { return check(virAdmClientGetTransport(client)); }

// All ones would be a client's number after more clients than there can be.
unsigned long long id(virAdmClientPtr client) {
  forgetLastError();
  const unsigned long long number = virAdmClientGetID(client);
  if (number == static_cast<unsigned long long>(-1)) {
    checkLastError();
  }
  return number;
}

long long timestamp(virAdmClientPtr client) {
  forgetLastError();
  const long long seconds = virAdmClientGetTimestamp(client);
  if (seconds == -1) {
    checkLastError();
  }
  return seconds;
}

using AdminClose =
    CloseCallback<virAdmConnect, virAdmConnectRegisterCloseCallback, virAdmConnectUnregisterCloseCallback>;

}  // namespace

void bindAdmin(Table& table) {
  table.def("virAdmGetVersion()", version, local);
  table.def("virAdmConnectOpen(name?, flags)", open);
  table.def(
      "virAdmConnectClose(conn)", [](virAdmConnectPtr) { return Lane::current().releaseAll(); }, as<int>, quick,
      closer);
  table.def("virAdmConnectRegisterCloseCallback(conn, cb)", AdminClose::add, local);
  table.def("virAdmConnectUnregisterCloseCallback(conn, cb)", AdminClose::remove, local);
  table.def("virAdmConnectGetURI(conn)", virAdmConnectGetURI, local);
  table.def("virAdmConnectIsAlive(conn)", alive, local);
  table.def("virAdmConnectGetLibVersion(conn)", outOf<unsigned long long>(virAdmConnectGetLibVersion), quick);
  table.def("virAdmConnectGetLoggingOutputs(conn, flags)", settingsOf(virAdmConnectGetLoggingOutputs));
  table.def("virAdmConnectSetLoggingOutputs(conn, outputs?, flags)", virAdmConnectSetLoggingOutputs);
  table.def("virAdmConnectGetLoggingFilters(conn, flags)", settingsOf(virAdmConnectGetLoggingFilters));
  table.def("virAdmConnectSetLoggingFilters(conn, filters?, flags)", virAdmConnectSetLoggingFilters);
  table.def("virAdmConnectSetDaemonTimeout(conn, timeout, flags)", virAdmConnectSetDaemonTimeout);
  table.def("virAdmConnectDaemonShutdown(conn, flags)", virAdmConnectDaemonShutdown);
  table.def("virAdmConnectListServers(conn, flags)", listOf(virAdmConnectListServers), quick);
  table.def("virAdmConnectLookupServer(conn, name, flags)", virAdmConnectLookupServer, quick);

  table.def("virAdmServerGetName(srv)", virAdmServerGetName, local);
  table.def("virAdmServerGetThreadPoolParameters(srv, flags)", allocatedParamsOf(virAdmServerGetThreadPoolParameters));
  table.def("virAdmServerSetThreadPoolParameters(srv, params, flags)",
            paramsTo<wire::adminThreadpool>(virAdmServerSetThreadPoolParameters));
  table.def("virAdmServerGetClientLimits(srv, flags)", allocatedParamsOf(virAdmServerGetClientLimits));
  table.def("virAdmServerSetClientLimits(srv, params, flags)",
            paramsTo<wire::adminClientLimits>(virAdmServerSetClientLimits));
  table.def("virAdmServerUpdateTlsFiles(srv, flags)", virAdmServerUpdateTlsFiles);
  table.def("virAdmServerListClients(srv, flags)", listOf(virAdmServerListClients), quick);
  table.def("virAdmServerLookupClient(srv, id, flags)", virAdmServerLookupClient, quick);

  table.def("virAdmClientGetID(client)", id, local);
  table.def("virAdmClientGetTimestamp(client)", timestamp, local);
  table.def("virAdmClientGetTransport(client)", transport, local);
  table.def("virAdmClientGetInfo(client, flags)", allocatedParamsOf(virAdmClientGetInfo));
  table.def("virAdmClientClose(client, flags)", virAdmClientClose, quick);
}

}  // namespace libvirt_napi
