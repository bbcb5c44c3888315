#include "objects.h"

namespace libvirt_napi {

void bindDomainSnapshot(Table& /*table*/) {}

}  // namespace libvirt_napi
