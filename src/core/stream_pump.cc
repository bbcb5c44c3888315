#include "stream_pump.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <utility>

#include "error.h"
#include "stream_file.h"
#include "stream_memory.h"
#include "stream_writer.h"

namespace libvirt_napi {

namespace {
constexpr int atHole = -3;
}

unsigned long long pumpInto(virStreamPtr stream, Descriptor file, bool sparse, const std::shared_ptr<Stop>& stop,
                            const Progress& progress) {
  const auto target = std::make_shared<const File>(std::move(file));
  Writer writer(target, stop);
  unsigned long long total = 0;
  for (;;) {
    auto buffer = writer.buffer();
    const int count = sparse ? virStreamRecvFlags(stream, buffer.get(), packet, VIR_STREAM_RECV_STOP_AT_HOLE)
                             : virStreamRecv(stream, buffer.get(), packet);
    if (count == atHole) {
      long long length = 0;
      check(virStreamRecvHole(stream, &length, 0));
      writer.put({.data = nullptr, .count = 0, .hole = length});
      total += static_cast<unsigned long long>(length);
    } else if (check(count) == 0) {
      break;
    } else {
      writer.put({.data = std::move(buffer), .count = static_cast<std::size_t>(count)});
      total += static_cast<unsigned long long>(count);
    }
    progress(total);
  }
  writer.end();
  if (sparse) {
    target->endHere();
  }
  target->close();
  return total;
}

std::optional<unsigned long long> pumpFrom(virStreamPtr stream, Descriptor file, bool sparse, const StreamLink& link,
                                           const Progress& progress) {
  const File source(std::move(file));
  roomToSend(link.socket());
  const auto buffer = makeBuffer(packet);
  const long long size = sparse ? source.size() : std::numeric_limits<long long>::max();
  const long long begin = sparse ? source.place() : 0;
  long long place = begin;
  const auto moved = [&] { return static_cast<unsigned long long>(place - begin); };
  while (place < size) {
    long long end = size;
    if (sparse) {
      const auto data = source.next(place, SEEK_DATA, size);
      if (data > place) {
        check(virStreamSendHole(stream, data - place, 0));
        place = data;
        progress(moved());
      }
      end = data < size ? source.next(data, SEEK_HOLE, size) : size;
      source.seek(place);
    }
    while (place < end) {
      const auto most = std::min<long long>(end - place, static_cast<long long>(packet));
      const auto count = source.read(buffer.get(), static_cast<std::size_t>(most));
      if (count == 0) {
        return moved();
      }
      link.stop()->check();
      if (!sendFrom(stream, buffer.get(), count, link.socket())) {
        return std::nullopt;
      }
      place += static_cast<long long>(count);
      progress(moved());
    }
  }
  return moved();
}

}  // namespace libvirt_napi
