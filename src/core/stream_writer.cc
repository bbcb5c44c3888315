#include "stream_writer.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "error.h"

namespace libvirt_napi {

namespace {
constexpr std::size_t most = 8;
}

struct Writer::State {
  explicit State(std::shared_ptr<Stop> toStop) : stop(std::move(toStop)) {}

  const std::shared_ptr<Stop> stop;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Piece> pieces;
  std::vector<Buffer> spare;
  std::optional<ErrorRecord> failure;
  bool over = false;  // nothing more comes
  bool done = false;  // the thread has ended its work

  void wake() {
    const std::scoped_lock lock(mutex);
    changed.notify_all();
  }
  // With the mutex held.
  void rethrow() const {
    if (failure) {
      throw Failure(*failure);
    }
    stop->check();
  }
};

Writer::Writer(std::shared_ptr<const File> file, std::shared_ptr<Stop> stop)
    : state_(std::make_shared<State>(std::move(stop))),
      thread_([file = std::move(file), state = state_] { run(*file, *state); }) {
  state_->stop->wakeBy([state = state_] { state->wake(); });
}

Writer::~Writer() {
  wait();
  state_->stop->wakeBy(nullptr);
}

void Writer::put(Piece piece) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock,
                       [this] { return state_->pieces.size() < most || state_->failure || state_->stop->requested(); });
  state_->rethrow();
  state_->pieces.push_back(std::move(piece));
  state_->changed.notify_all();
}

Buffer Writer::buffer() {
  {
    const std::scoped_lock lock(state_->mutex);
    if (!state_->spare.empty()) {
      auto buffer = std::move(state_->spare.back());
      state_->spare.pop_back();
      return buffer;
    }
  }
  return makeBuffer(packet);
}

void Writer::end() {
  wait();
  const std::scoped_lock lock(state_->mutex);
  state_->rethrow();
}

void Writer::wait() {
  if (!thread_.joinable()) {
    return;
  }
  std::unique_lock lock(state_->mutex);
  state_->over = true;
  state_->changed.notify_all();
  state_->changed.wait(lock, [this] { return state_->done || state_->stop->requested(); });
  const bool done = state_->done;
  lock.unlock();
  if (done) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void Writer::run(const File& file, State& state) {
  std::unique_lock lock(state.mutex);
  for (;;) {
    state.changed.wait(lock, [&state] { return !state.pieces.empty() || state.over || state.stop->requested(); });
    if (state.pieces.empty() || state.failure || state.stop->requested()) {
      break;
    }
    auto piece = std::move(state.pieces.front());
    state.pieces.pop_front();
    lock.unlock();
    std::optional<ErrorRecord> failure;
    try {
      if (piece.hole > 0) {
        file.skip(piece.hole);
      } else {
        file.write(piece.data.get(), piece.count);
      }
    } catch (const Failure& failed) {
      failure = failed.record;
    }
    lock.lock();
    if (piece.data) {
      state.spare.push_back(std::move(piece.data));
    }
    state.failure = failure;
    state.changed.notify_all();
  }
  state.done = true;
  state.changed.notify_all();
}

}  // namespace libvirt_napi
