#include "objects.h"

namespace libvirt_napi {

void bindNWFilterBinding(Table& /*table*/) {}

}  // namespace libvirt_napi
