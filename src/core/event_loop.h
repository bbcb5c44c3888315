// libvirt's event loop: one thread a process, started before the first connection opens, for keepalive and events.
#pragma once

namespace libvirt_napi {

// Opening first and registering afterwards leaves that connection without keepalive and with late events.
void ensureEventLoop();

}  // namespace libvirt_napi
