#include "stream_memory.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "error.h"

namespace libvirt_napi {

namespace {

constexpr std::size_t wholePiece = 4 * packet;
constexpr int atHole = -3;

// Grows with what comes: a large piece where much comes at once, a small one soon where little does.
class Growing {
 public:
  explicit Growing(const Sink& sink) : sink_(sink) {}

  char* room(std::size_t most) {
    if (!data_) {
      data_ = makeBuffer(wholePiece);
      begun_ = Clock::now();
    }
    room_ = std::min({most, packet, wholePiece - count_});
    return data_.get() + count_;
  }
  [[nodiscard]] std::size_t roomSize() const { return room_; }

  void add(std::size_t count) {
    count_ += count;
    if (count_ == wholePiece || Clock::now() - begun_ > patience) {
      give();
    }
  }

  void give() {
    if (count_ > 0) {
      sink_({.data = std::move(data_), .count = std::exchange(count_, 0)});
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds patience{20};

  const Sink& sink_;
  Buffer data_;
  std::size_t count_ = 0;
  std::size_t room_ = 0;
  Clock::time_point begun_;
};

bool hasInput(int socket) {
  pollfd asked{.fd = socket, .events = POLLIN, .revents = 0};
  return socket >= 0 && poll(&asked, 1, 0) > 0;
}

}  // namespace

Buffer makeBuffer(std::size_t size) {
  // The compiler of the oldest system has no make_unique_for_overwrite.
  return Buffer(new char[size]);
}

void roomToSend(int socket) {
  constexpr int wish = 1 << 20;
  if (socket >= 0) {
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &wish, sizeof wish);  // a system that gives less only makes it slower
  }
}

bool receiveInto(virStreamPtr stream, std::size_t most, bool sparse, const Sink& sink) {
  Growing piece(sink);
  while (most > 0) {
    auto* room = piece.room(most);
    const int count = sparse ? virStreamRecvFlags(stream, room, piece.roomSize(), VIR_STREAM_RECV_STOP_AT_HOLE)
                             : virStreamRecv(stream, room, piece.roomSize());
    if (count == atHole) {
      piece.give();
      long long length = 0;
      check(virStreamRecvHole(stream, &length, 0));
      sink({.data = nullptr, .count = 0, .hole = length});
    } else if (check(count) == 0) {
      piece.give();
      return true;
    } else {
      piece.add(static_cast<std::size_t>(count));
      most -= static_cast<std::size_t>(count);
    }
  }
  piece.give();
  return false;
}

bool sendFrom(virStreamPtr stream, const char* data, std::size_t count, int socket) {
  while (count > 0) {
    if (hasInput(socket)) {
      return false;
    }
    const auto sent = static_cast<std::size_t>(check(virStreamSend(stream, data, std::min(count, packet))));
    data += sent;
    count -= sent;
  }
  return true;
}

}  // namespace libvirt_napi
