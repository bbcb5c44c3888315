#include "objects.h"

namespace libvirt_napi {

void bindInterface(Table& /*table*/) {}

}  // namespace libvirt_napi
