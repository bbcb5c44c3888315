#include "objects.h"

namespace libvirt_napi {

void bindNodeDevice(Table& /*table*/) {}

}  // namespace libvirt_napi
