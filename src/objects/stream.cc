#include "stream.h"

#include <libvirt/virterror.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "../core/callback.h"
#include "../core/descriptor.h"
#include "../core/event_loop.h"
#include "../core/stream_events.h"
#include "../core/stream_memory.h"
#include "../core/stream_pump.h"
#include "../core/unserved.h"
#include "../core/values.h"
#include "credentials.h"
#include "objects.h"

namespace libvirt_napi {

namespace {

// Bytes, or -2 where it would have to wait, or -3 where a hole begins.
struct Received {
  Buffer bytes;
  int result = 0;
};

// Bytes of several buffers, one after another. Unlike a secret's they need not be wiped.
struct Gathered {
  Buffer bytes;
  std::size_t count = 0;
};

}  // namespace

template <>
struct Decode<Gathered> {
  using Stored = Gathered;
  static constexpr const char* type = "bytes[]";
  static Stored from(const Slot& slot) {
    const char* expected = "an array of Buffers or Uint8Arrays";
    using View = std::pair<const char*, std::size_t>;
    const auto views = eachOf(slot, expected, [&](const Slot& item) {
      bool buffer = false;
      napi_is_buffer(item.env, item.value, &buffer);
      if (!buffer) {
        item.wrongType(expected);
      }
      void* data = nullptr;
      std::size_t length = 0;
      NAPI_THROW_IF_FAILED(item.env, napi_get_buffer_info(item.env, item.value, &data, &length), View());
      return View(static_cast<const char*>(data), length);
    });
    Gathered gathered;
    for (const auto& [data, length] : views) {
      gathered.count += length;
    }
    gathered.bytes = makeBuffer(gathered.count);
    auto* to = gathered.bytes.get();
    for (const auto& [data, length] : views) {
      to = std::copy_n(data, length, to);
    }
    return gathered;
  }
  static const Gathered& get(const Stored& gathered) { return gathered; }
};

template <>
struct Encode<Piece> {
  static Napi::Value make(Napi::Env env, const Piece& piece) {
    return piece.data ? Napi::Buffer<char>::Copy(env, piece.data.get(), piece.count) : encode(env, piece.hole);
  }
};

template <>
struct Encode<Received> {
  static Napi::Value make(Napi::Env env, const Received& received) {
    if (received.result < 0) {
      return encode(env, received.result);
    }
    return Napi::Buffer<char>::Copy(env, received.bytes.get(), static_cast<std::size_t>(received.result));
  }
};

// The lane that the stream belongs to is that of the call's first handle, or the call must not be made.
StreamOfHere::StreamOfHere(const Handle& handle) {
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
  received.bytes = makeBuffer(room);
  // -2 and -3 are answers and not failures.
  received.result = call(received.bytes.get(), static_cast<std::size_t>(room));
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
  table.def("receiveInto(stream, most, sparse, sink)",
            [](virStreamPtr stream, unsigned most, bool sparse, const std::shared_ptr<Callback>& sink) {
              return receiveInto(stream, most, sparse, [&sink](Piece piece) {
                sink->post([kept = std::make_shared<Piece>(std::move(piece))](Napi::Env env) {
                  return std::vector<napi_value>{encode(env, *kept)};
                });
              });
            });
  table.def("sendFrom(stream, data)", [](virStreamPtr stream, const Gathered& data) {
    const auto socket = Unserved::socketOf(Lane::current());
    const int number = socket ? socket->number() : -1;
    roomToSend(number);
    return sendFrom(stream, data.bytes.get(), data.count, number);
  });
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
