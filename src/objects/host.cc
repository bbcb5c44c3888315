#include "objects.h"

namespace libvirt_napi {

void bindHost(Table& /*table*/) {}

}  // namespace libvirt_napi
