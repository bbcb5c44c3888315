#include "objects.h"

namespace libvirt_napi {

void bindDomainTuning(Table& /*table*/) {}

}  // namespace libvirt_napi
