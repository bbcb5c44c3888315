// Writes on a thread of its own, so that the daemon need not wait for the file. At most so many pieces are under way.
#pragma once

#include <memory>
#include <thread>

#include "stop.h"
#include "stream_file.h"
#include "stream_memory.h"

namespace libvirt_napi {

class Writer {
 public:
  // `stop` ends every wait for the file. A thread that the system holds in it, as a pipe that nobody reads does, is then
  // left to itself, and has the file.
  Writer(std::shared_ptr<const File> file, std::shared_ptr<Stop> stop);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  Writer(Writer&&) = delete;
  Writer& operator=(Writer&&) = delete;
  ~Writer();

  // Waits for room. Throws what went wrong with the file.
  void put(Piece piece);
  // A buffer that has been written, or a new one.
  Buffer buffer();
  // Waits until all is written. Throws what went wrong with the file.
  void end();

 private:
  struct State;
  void wait();
  static void run(const File& file, State& state);

  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace libvirt_napi
