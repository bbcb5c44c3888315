// Streams from and to JavaScript's memory, many packets a call: a turn of JavaScript's loop for each would cost more
// than the packet.
#pragma once

#include <libvirt/libvirt.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace libvirt_napi {

// What a packet of libvirt's protocol holds; a bigger piece would travel as a full packet and a scrap.
constexpr std::size_t packet = 262120;

using Buffer = std::unique_ptr<char[]>;  // NOLINT(*-avoid-c-arrays): a vector would fill it first
Buffer makeBuffer(std::size_t size);

struct Piece {
  Buffer data;
  std::size_t count = 0;
  long long hole = 0;  // in place of data
};
using Sink = std::function<void(Piece)>;

// Up to so many bytes, in large pieces as they come. True when the stream is at its end.
bool receiveInto(virStreamPtr stream, std::size_t most, bool sparse, const Sink& sink);

// Until something comes in by the socket: while one only sends, that is a refusal, which the stream's end then tells.
// False in that case. Socket less than 0: not looked at.
bool sendFrom(virStreamPtr stream, const char* data, std::size_t count, int socket);

// A whole packet finds room in the system's buffer: else sender and daemon wake each other several times for each.
// For volumes, not for consoles, where it would put off a writer's learning that the guest takes nothing.
void roomToSend(int socket);

}  // namespace libvirt_napi
