#include "objects.h"

namespace libvirt_napi {

void bindDomainMisc(Table& /*table*/) {}

}  // namespace libvirt_napi
