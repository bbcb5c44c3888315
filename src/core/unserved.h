// Connections that libvirt's event loop does not serve: those of streams. Such a connection neither asks nor answers
// keepalive, and its socket is read only while somebody calls. So what arrives for a reader who does not read stays in
// the kernel and with the daemon, in place of in libvirt's memory; and a daemon that waits for a guest gives it time.
#pragma once

#include <memory>

#include "descriptor.h"

namespace libvirt_napi {

class Lane;

// While one lives, a connection that its thread opens is such a one.
class Unserved {
 public:
  Unserved();
  Unserved(const Unserved&) = delete;
  Unserved& operator=(const Unserved&) = delete;
  Unserved(Unserved&&) = delete;
  Unserved& operator=(Unserved&&) = delete;
  ~Unserved();

  // The connection's socket is that of the lane from now on.
  void keepFor(Lane& lane) const;
  // To wait for and to cut; null of all other lanes, and once one is closed. Also where the loop is not ours, and so
  // serves every connection: somebody else in the process had registered one before, or the system has no epoll.
  static std::shared_ptr<Descriptor> socketOf(const Lane& lane);
  // The loop was asked to serve this descriptor, on this thread.
  static bool takes(int fd);

 private:
  std::shared_ptr<Descriptor> socket_;
};

// Ends a link for both sides. A thread that waits in libvirt comes back at once, and C has no other way to that.
void cutLink(const Descriptor& socket);

}  // namespace libvirt_napi
