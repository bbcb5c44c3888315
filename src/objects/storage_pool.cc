#include "objects.h"

namespace libvirt_napi {

void bindStoragePool(Table& /*table*/) {}

}  // namespace libvirt_napi
