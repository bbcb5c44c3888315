#include "stream_pump.h"

#include <libvirt/virterror.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "error.h"
#include "stream_memory.h"

namespace libvirt_napi {

namespace {

constexpr int atHole = -3;

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

class File {
 public:
  explicit File(int number) : number_(number) {
    struct stat status {};
    if (fstat(number, &status) < 0) {
      failFile("cannot look at the file");
    }
    regular_ = S_ISREG(status.st_mode);
  }

  std::size_t read(char* into, std::size_t most) const {
    const auto count = retry([&] { return ::read(number_, into, most); });
    if (count < 0) {
      failFile("cannot read the file");
    }
    return static_cast<std::size_t>(count);
  }

  void write(const char* from, std::size_t count) const {
    while (count > 0) {
      const auto written = retry([&] { return ::write(number_, from, count); });
      if (written < 0) {
        failFile("cannot write the file");
      }
      from += written;
      count -= static_cast<std::size_t>(written);
    }
  }

  void skip(long long length) const {
    if (regular_) {
      if (lseek(number_, length, SEEK_CUR) < 0) {
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

  // A hole at the end is one only when the file says how long it is.
  void endHere() const {
    if (regular_) {
      const auto here = lseek(number_, 0, SEEK_CUR);
      struct stat status {};
      if (here < 0 || fstat(number_, &status) < 0 || (status.st_size < here && ftruncate(number_, here) < 0)) {
        failFile("cannot set the size of the file");
      }
    }
  }

  // How far data, or a hole, goes from here; the end of the file ends both.
  [[nodiscard]] long long next(long long from, int what, long long size) const {
    const auto found = lseek(number_, from, what);
    if (found < 0 && errno != ENXIO) {
      failFile("cannot look for holes in the file");
    }
    return found < 0 ? size : found;
  }

  void seek(long long to) const {
    if (lseek(number_, to, SEEK_SET) < 0) {
      failFile("cannot move in the file");
    }
  }

  [[nodiscard]] long long size() const {
    const auto here = lseek(number_, 0, SEEK_CUR);
    const auto end = here < 0 ? here : lseek(number_, 0, SEEK_END);
    if (end < 0) {
      failFile("cannot look for holes in the file");
    }
    seek(here);
    return end;
  }

  [[nodiscard]] long long place() const { return lseek(number_, 0, SEEK_CUR); }

 private:
  int number_;
  bool regular_ = false;
};

// Writes on a thread of its own, so that the daemon need not wait for the file. At most so many pieces are under way.
class Writer {
 public:
  explicit Writer(const File& file) : file_(file), thread_([this] { run(); }) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(Writer&&) = delete;
  Writer& operator=(Writer&&) = delete;
  ~Writer() {
    if (thread_.joinable()) {
      finish();
    }
  }

  // Waits for room. Throws what went wrong with the file.
  void put(Buffer data, std::size_t count, long long hole) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return pieces_.size() < most || failure_; });
    rethrow();
    pieces_.push_back({std::move(data), count, hole});
    changed_.notify_all();
  }

  // A buffer that has been written, or a new one.
  Buffer buffer() {
    {
      const std::scoped_lock lock(mutex_);
      if (!spare_.empty()) {
        auto buffer = std::move(spare_.back());
        spare_.pop_back();
        return buffer;
      }
    }
    return makeBuffer(packet);
  }

  void end() {
    finish();
    rethrow();
  }

 private:
  static constexpr std::size_t most = 8;
  struct Piece {
    Buffer data;
    std::size_t count;
    long long hole;
  };

  void finish() {
    {
      const std::scoped_lock lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void rethrow() const {
    if (failure_) {
      throw Failure(*failure_);
    }
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return !pieces_.empty() || over_; });
      if (pieces_.empty()) {
        return;
      }
      auto piece = std::move(pieces_.front());
      pieces_.pop_front();
      lock.unlock();
      std::optional<ErrorRecord> failure;
      try {
        if (piece.hole > 0) {
          file_.skip(piece.hole);
        } else {
          file_.write(piece.data.get(), piece.count);
        }
      } catch (const Failure& failed) {
        failure = failed.record;
      }
      lock.lock();
      if (piece.data) {
        spare_.push_back(std::move(piece.data));
      }
      if (failure) {
        failure_ = failure;
        pieces_.clear();
        over_ = true;
      }
      changed_.notify_all();
    }
  }

  const File& file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> pieces_;
  std::vector<Buffer> spare_;
  bool over_ = false;
  std::optional<ErrorRecord> failure_;
  std::thread thread_;
};

}  // namespace

unsigned long long pumpInto(virStreamPtr stream, int file, bool sparse, const Progress& progress) {
  const File target(file);
  Writer writer(target);
  unsigned long long total = 0;
  for (;;) {
    auto buffer = writer.buffer();
    const int count = sparse ? virStreamRecvFlags(stream, buffer.get(), packet, VIR_STREAM_RECV_STOP_AT_HOLE)
                             : virStreamRecv(stream, buffer.get(), packet);
    if (count == atHole) {
      long long length = 0;
      check(virStreamRecvHole(stream, &length, 0));
      writer.put(nullptr, 0, length);
      total += static_cast<unsigned long long>(length);
    } else if (check(count) == 0) {
      break;
    } else {
      writer.put(std::move(buffer), static_cast<std::size_t>(count), 0);
      total += static_cast<unsigned long long>(count);
    }
    progress(total);
  }
  writer.end();
  if (sparse) {
    target.endHere();
  }
  return total;
}

unsigned long long pumpFrom(virStreamPtr stream, int file, int socket, bool sparse, const Progress& progress) {
  const File source(file);
  roomToSend(socket);
  const auto buffer = makeBuffer(packet);
  const long long size = sparse ? source.size() : std::numeric_limits<long long>::max();
  const long long begin = sparse ? source.place() : 0;
  long long place = begin;
  while (place < size) {
    long long end = size;
    if (sparse) {
      const auto data = source.next(place, SEEK_DATA, size);
      if (data > place) {
        check(virStreamSendHole(stream, data - place, 0));
        place = data;
        progress(static_cast<unsigned long long>(place - begin));
      }
      end = data < size ? source.next(data, SEEK_HOLE, size) : size;
      source.seek(place);
    }
    while (place < end) {
      const auto most = std::min<long long>(end - place, static_cast<long long>(packet));
      const auto count = source.read(buffer.get(), static_cast<std::size_t>(most));
      if (count == 0 || !sendFrom(stream, buffer.get(), count, socket)) {
        return static_cast<unsigned long long>(place - begin);
      }
      place += static_cast<long long>(count);
      progress(static_cast<unsigned long long>(place - begin));
    }
  }
  return static_cast<unsigned long long>(place - begin);
}

}  // namespace libvirt_napi
