// Who binds what: one file per libvirt object.
#pragma once

#include "../core/bind.h"

namespace libvirt_napi {

void bindAdmin(Table& table);
void bindConnection(Table& table);
void bindDomain(Table& table);
void bindDomainBlock(Table& table);
void bindDomainCheckpoint(Table& table);
void bindDomainDevices(Table& table);
void bindDomainGuest(Table& table);
void bindDomainJobs(Table& table);
void bindDomainLxc(Table& table);
void bindDomainMisc(Table& table);
void bindDomainQemu(Table& table);
void bindDomainSnapshot(Table& table);
void bindDomainStats(Table& table);
void bindDomainStreams(Table& table);
void bindDomainTuning(Table& table);
void bindDomainVcpu(Table& table);
void bindEvents(Table& table);
void bindHost(Table& table);
void bindInterface(Table& table);
void bindNWFilter(Table& table);
void bindNWFilterBinding(Table& table);
void bindNetwork(Table& table);
void bindNetworkPort(Table& table);
void bindNodeDevice(Table& table);
void bindSecret(Table& table);
void bindStoragePool(Table& table);
void bindStorageVol(Table& table);
void bindStream(Table& table);

// What the runtime itself asks of libvirt.
void bindRuntime(Table& table);
void bindStreamRuntime(Table& table);

}  // namespace libvirt_napi
