#include "objects.h"

namespace libvirt_napi {

void bindDomainBlock(Table& /*table*/) {}

}  // namespace libvirt_napi
