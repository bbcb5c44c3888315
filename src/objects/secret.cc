#include "objects.h"

namespace libvirt_napi {

void bindSecret(Table& /*table*/) {}

}  // namespace libvirt_napi
