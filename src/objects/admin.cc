#include "objects.h"

namespace libvirt_napi {

void bindAdmin(Table& /*table*/) {}

}  // namespace libvirt_napi
