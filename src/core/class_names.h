// Whether libvirt and libvirt-admin can be used in one process.
#pragma once

namespace libvirt_napi {

// Whether this module's registration of object types is the one that libvirt calls; asked after a connection was made.
bool sharesClassNames();

}  // namespace libvirt_napi
