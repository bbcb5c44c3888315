// libvirt's event loop: one thread a process, started before the first connection opens, for keepalive and events. It runs
// for ever: libvirt has no way to unregister a loop, and one that nobody runs lets keepalive kill connections.
#pragma once

namespace libvirt_napi {

// Opening first and registering afterwards leaves that connection without keepalive and with late events.
void ensureEventLoop();

// Registers a loop and starts its thread: event_loop_epoll.cc on Linux, event_loop_default.cc elsewhere.
void startEventLoop();

}  // namespace libvirt_napi
