#include "objects.h"

namespace libvirt_napi {

void bindNWFilter(Table& /*table*/) {}

}  // namespace libvirt_napi
