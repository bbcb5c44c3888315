#include "objects.h"

namespace libvirt_napi {

void bindStorageVol(Table& /*table*/) {}

}  // namespace libvirt_napi
