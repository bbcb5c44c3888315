// What of a machine comes by a stream: its consoles, its channels, its screen.
#include <libvirt/libvirt.h>

#include "objects.h"
#include "stream.h"

namespace libvirt_napi {

void bindDomainStreams(Table& table) {
  table.def("virDomainOpenConsole(dom, devName?, stream, flags)",
            [](virDomainPtr dom, const char* devName, const StreamOfHere& stream, unsigned flags) {
              return virDomainOpenConsole(dom, devName, stream.get(), flags);
            });
  table.def("virDomainOpenChannel(dom, name?, stream, flags)",
            [](virDomainPtr dom, const char* name, const StreamOfHere& stream, unsigned flags) {
              return virDomainOpenChannel(dom, name, stream.get(), flags);
            });
  table.def("virDomainScreenshot(domain, stream, screen, flags)",
            [](virDomainPtr domain, const StreamOfHere& stream, unsigned screen, unsigned flags) {
              return virDomainScreenshot(domain, stream.get(), screen, flags);
            });
}

}  // namespace libvirt_napi
