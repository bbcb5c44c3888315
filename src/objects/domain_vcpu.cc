#include "objects.h"

namespace libvirt_napi {

void bindDomainVcpu(Table& /*table*/) {}

}  // namespace libvirt_napi
