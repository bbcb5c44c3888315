#include "objects.h"

namespace libvirt_napi {

void bindDomainCheckpoint(Table& /*table*/) {}

}  // namespace libvirt_napi
