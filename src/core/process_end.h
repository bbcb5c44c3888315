// The end of the process, which may come while threads of ours are in libvirt.
#pragma once

namespace libvirt_napi {

// What libvirt uses is taken down by handlers that run while all threads still do: Node's OpenSSL, which libssh shares,
// and GnuTLS. A thread that was closing a forgotten connection in that moment crashed the process.
class ProcessEnd {
 public:
  // A thread of ours goes into libvirt only with one of these. Once the process ends, it is not let in any more: the
  // constructor does not return.
  class Inside {
   public:
    Inside();
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    Inside(Inside&&) = delete;
    Inside& operator=(Inside&&) = delete;
    ~Inside();
  };

  // To be called when the addon is loaded: what was registered last runs first.
  static void watch();
};

}  // namespace libvirt_napi
