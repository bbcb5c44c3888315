// Who binds what: one file per libvirt object.
#pragma once

#include "../core/bind.h"

namespace libvirt_napi {

void bindConnection(Table& table);
void bindDomain(Table& table);
void bindDomainDevices(Table& table);
void bindDomainStats(Table& table);
void bindDomainQemu(Table& table);
void bindNetwork(Table& table);

// What the runtime itself asks of libvirt.
void bindRuntime(Table& table);

}  // namespace libvirt_napi
