#include "objects.h"

namespace libvirt_napi {

void bindDomainJobs(Table& /*table*/) {}

}  // namespace libvirt_napi
