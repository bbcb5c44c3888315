// Connections that libvirt's event loop does not serve: those of streams. Such a connection neither asks nor answers
// keepalive, and its socket is read only while somebody calls. So what arrives for a reader who does not read stays in
// the kernel and with the daemon, in place of in libvirt's memory; and a daemon that waits for a guest gives it time.
#pragma once

#include <memory>
#include <utility>

#include "descriptor.h"
#include "stop.h"

namespace libvirt_napi {

class Lane;

// The link of such a connection.
class StreamLink {
 public:
  explicit StreamLink(Descriptor socket) : socket_(std::move(socket)) {}

  [[nodiscard]] int socket() const { return socket_.number(); }
  // Asks whoever moves bytes between the stream and a file to end it.
  [[nodiscard]] const std::shared_ptr<Stop>& stop() const { return stop_; }
  // Ends the link for both sides. A thread that waits in libvirt comes back at once, and C has no other way to that.
  void cut() const;

 private:
  Descriptor socket_;
  std::shared_ptr<Stop> stop_ = std::make_shared<Stop>();
};

// While one lives, a connection that its thread opens is such a one.
class Unserved {
 public:
  Unserved();
  Unserved(const Unserved&) = delete;
  Unserved& operator=(const Unserved&) = delete;
  Unserved(Unserved&&) = delete;
  Unserved& operator=(Unserved&&) = delete;
  ~Unserved();

  // The connection's link is that of the lane from now on.
  void keepFor(Lane& lane) const;
  // To wait for and to cut; null of all other lanes, and once one is closed. Also where the loop is not ours, and so
  // serves every connection: somebody else in the process had registered one before, or the system has no epoll.
  static std::shared_ptr<StreamLink> linkOf(const Lane& lane);
  // The loop was asked to serve this descriptor, on this thread.
  static bool takes(int fd);

 private:
  std::shared_ptr<StreamLink> link_;
};

}  // namespace libvirt_napi
