#include "objects.h"

namespace libvirt_napi {

void bindDomainLxc(Table& /*table*/) {}

}  // namespace libvirt_napi
