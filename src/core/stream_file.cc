#include "stream_file.h"

#include <libvirt/virterror.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "error.h"
#include "stream_memory.h"

namespace libvirt_napi {

namespace {

[[noreturn]] void failFile(const char* what) {
  const int why = errno;
  throw Failure(ErrorRecord{.code = VIR_ERR_SYSTEM_ERROR,
                            .domain = VIR_FROM_STREAMS,
                            .level = VIR_ERR_ERROR,
                            .message = std::string(what) + ": " + std::generic_category().message(why),
                            .int1 = why});
}

template <class Do>
auto retry(Do doIt) {
  auto result = doIt();
  while (result < 0 && errno == EINTR) {
    result = doIt();
  }
  return result;
}

}  // namespace

File::File(Descriptor descriptor) : descriptor_(std::move(descriptor)) {
  struct stat status {};
  if (fstat(number(), &status) < 0) {
    failFile("cannot look at the file");
  }
  regular_ = S_ISREG(status.st_mode);
}

std::size_t File::read(char* into, std::size_t most) const {
  const auto count = retry([&] { return ::read(number(), into, most); });
  if (count < 0) {
    failFile("cannot read the file");
  }
  return static_cast<std::size_t>(count);
}

void File::write(const char* from, std::size_t count) const {
  while (count > 0) {
    const auto written = retry([&] { return ::write(number(), from, count); });
    if (written < 0) {
      failFile("cannot write the file");
    }
    from += written;
    count -= static_cast<std::size_t>(written);
  }
}

void File::skip(long long length) const {
  if (regular_) {
    if (lseek(number(), length, SEEK_CUR) < 0) {
      failFile("cannot leave a hole in the file");
    }
    return;
  }
  const auto zeros = std::make_unique<char[]>(packet);  // NOLINT(*-avoid-c-arrays)
  while (length > 0) {
    const auto count = std::min<long long>(length, static_cast<long long>(packet));
    write(zeros.get(), static_cast<std::size_t>(count));
    length -= count;
  }
}

void File::endHere() const {
  if (regular_) {
    const auto here = lseek(number(), 0, SEEK_CUR);
    struct stat status {};
    if (here < 0 || fstat(number(), &status) < 0 || (status.st_size < here && ftruncate(number(), here) < 0)) {
      failFile("cannot set the size of the file");
    }
  }
}

// Interrupted or not, the number is free after it.
void File::close() const {
  if (::close(descriptor_.release()) < 0 && errno != EINTR) {
    failFile("cannot write the file");
  }
}

long long File::next(long long from, int what, long long size) const {
  const auto found = lseek(number(), from, what);
  if (found < 0 && errno != ENXIO) {
    failFile("cannot look for holes in the file");
  }
  return found < 0 ? size : found;
}

void File::seek(long long to) const {
  if (lseek(number(), to, SEEK_SET) < 0) {
    failFile("cannot move in the file");
  }
}

long long File::size() const {
  const auto here = lseek(number(), 0, SEEK_CUR);
  const auto end = here < 0 ? here : lseek(number(), 0, SEEK_END);
  if (end < 0) {
    failFile("cannot look for holes in the file");
  }
  seek(here);
  return end;
}

long long File::place() const { return lseek(number(), 0, SEEK_CUR); }

}  // namespace libvirt_napi
