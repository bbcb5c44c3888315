#include "objects.h"

namespace libvirt_napi {

void bindDomainGuest(Table& /*table*/) {}

}  // namespace libvirt_napi
