#include "objects.h"

namespace libvirt_napi {

void bindNetworkPort(Table& /*table*/) {}

}  // namespace libvirt_napi
