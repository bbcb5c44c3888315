#include "stream.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <cstddef>
#include <memory>

#include "../core/callback.h"
#include "../core/descriptor.h"
#include "../core/event_loop.h"
#include "../core/stream_events.h"
#include "../core/stream_pump.h"
#include "../core/unserved.h"
#include "../core/values.h"
#include "credentials.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// Bytes, or -2 where it would have to wait, or -3 where a hole begins.
struct Received {
  std::unique_ptr<unsigned char[]> bytes;  // NOLINT(cppcoreguidelines-avoid-c-arrays): a vector would fill it first
  int result = 0;
};

}  // namespace

template <>
struct Encode<Received> {
  static Napi::Value make(Napi::Env env, const Received& received) {
    if (received.result < 0) {
      return encode(env, received.result);
    }
    return Napi::Buffer<unsigned char>::Copy(env, received.bytes.get(), static_cast<std::size_t>(received.result));
  }
};

// The lane that the stream belongs to is that of the call's first handle, or the call must not be made.
StreamOfHere::StreamOfHere(const Handle& handle) : stream_(nullptr) {
  if (handle.lane().get() != &Lane::current()) {
    throw Failure(ErrorRecord{.code = VIR_ERR_INVALID_ARG,
                              .domain = VIR_FROM_STREAMS,
                              .level = VIR_ERR_ERROR,
                              .message = "invalid argument: the stream is of another connection"});
  }
  stream_ = handle.get<virStream>();
}

int releaseStream(virStreamPtr stream) {
  removeStreamEvent(stream);
  virStreamAbort(stream);
  return virStreamFree(stream);
}

namespace {

template <class Receive>
Received receive(unsigned nbytes, Receive call) {
  constexpr unsigned most = 4U << 20;  // no libvirt gives as much at once, and a huge wish must not become huge memory
  const auto room = std::min(nbytes, most);
  Received received;
  received.bytes = std::make_unique_for_overwrite<unsigned char[]>(room);  // NOLINT(cppcoreguidelines-avoid-c-arrays)
  // -2 and -3 are answers and not failures.
  received.result = call(reinterpret_cast<char*>(received.bytes.get()), static_cast<std::size_t>(room));
  if (received.result == -1) {
    check(received.result);
  }
  return received;
}

Received recv(virStreamPtr stream, unsigned nbytes) {
  return receive(nbytes, [&](char* data, std::size_t room) { return virStreamRecv(stream, data, room); });
}

Received recvFlags(virStreamPtr stream, unsigned nbytes, unsigned flags) {
  return receive(nbytes, [&](char* data, std::size_t room) { return virStreamRecvFlags(stream, data, room, flags); });
}

int send(virStreamPtr stream, const Bytes& data) {
  const int sent = virStreamSend(stream, reinterpret_cast<const char*>(data.data()), data.size());
  return sent == -2 ? sent : check(sent);
}

long long recvHole(virStreamPtr stream, unsigned flags) {
  long long length = 0;
  check(virStreamRecvHole(stream, &length, flags));
  return length;
}

// libvirt may call again before JavaScript has been told: one that waits says it all.
int addCallback(virStreamPtr stream, int events, const std::shared_ptr<Callback>& cb) {
  return check(addStreamEvent(stream, events, [cb](virStreamPtr, int happened) {
    cb->postBounded(1, [happened](Napi::Env env) { return std::vector<napi_value>{encode(env, happened)}; });
  }));
}

Opened openUnserved(const char* name, const std::shared_ptr<Credentials>& credentials, unsigned flags) {
  ensureEventLoop();
  const Unserved unserved;
  auto opened = openWith(credentials, name, flags);
  unserved.keepFor(Lane::current());
  return opened;
}

Progress progressTo(const std::shared_ptr<Callback>& callback) {
  if (!callback) {
    return [](unsigned long long) {};
  }
  return [callback](unsigned long long total) {
    callback->postBounded(1, [total](Napi::Env env) { return std::vector<napi_value>{encode(env, total)}; });
  };
}

}  // namespace

void bindStream(Table& table) {
  table.def("virStreamNew(conn, flags)", virStreamNew, local);
  table.def("virStreamRecv(stream, nbytes)", recv);
  table.def("virStreamRecvFlags(stream, nbytes, flags)", recvFlags);
  table.def("virStreamSend(stream, data)", send, as<int>);
  table.def("virStreamRecvHole(stream, flags)", recvHole);
  table.def("virStreamSendHole(stream, length, flags)", virStreamSendHole);
  table.def("virStreamFinish(stream)", virStreamFinish);
  table.def("virStreamAbort(stream)", virStreamAbort, quick);
  table.def("virStreamEventAddCallback(stream, events, cb)", addCallback, local);
  table.def("virStreamEventUpdateCallback(stream, events)", virStreamEventUpdateCallback, local);
  table.def("virStreamEventRemoveCallback(stream)", removeStreamEvent, local);
}

void bindStreamRuntime(Table& table) {
  table.def("openForStream(name?, auth?, flags)", openUnserved);
  table.def("pumpInto(stream, file, sparse, progress?)",
            [](virStreamPtr stream, const Descriptor& file, bool sparse, const std::shared_ptr<Callback>& progress) {
              return pumpInto(stream, file.number(), sparse, progressTo(progress));
            });
  table.def("pumpFrom(stream, file, sparse, progress?)",
            [](virStreamPtr stream, const Descriptor& file, bool sparse, const std::shared_ptr<Callback>& progress) {
              const auto socket = Unserved::socketOf(Lane::current());
              return pumpFrom(stream, file.number(), socket ? socket->number() : -1, sparse, progressTo(progress));
            });
}

}  // namespace libvirt_napi
