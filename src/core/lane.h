// A connection's queue. Calls start in order; how many run at once is limited, because libvirtd stops reading a client's
// socket while five of its requests are in flight: keepalive then goes unanswered and the connection is dropped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "endings.h"
#include "error.h"
#include "handle.h"

namespace libvirt_napi {

class Call;

class Lane : public std::enable_shared_from_this<Lane> {
 public:
  using Calls = std::vector<std::shared_ptr<Call>>;
  static constexpr unsigned defaultMaxCalls = 4;

  // The lane whose call runs on this thread.
  static Lane& current();
  // Makes the lane the current one for a call that runs on the JavaScript thread.
  class Here {
   public:
    explicit Here(Lane& lane);
    Here(const Here&) = delete;
    Here& operator=(const Here&) = delete;
    Here(Here&&) = delete;
    Here& operator=(Here&&) = delete;
    ~Here();
  };

  // Keeps another lane from freeing its handles while a call of this one uses them. Throws when it is closed.
  class Hold {
   public:
    explicit Hold(std::shared_ptr<Lane> lane);
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    Hold(Hold&&) = delete;
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    std::shared_ptr<Lane> lane_;
  };

  // What keeps the lane from taking the call; nothing when it was taken.
  std::optional<ErrorRecord> enqueue(std::shared_ptr<Call> call);
  // Runs the call at once, past the queue and its limit: for asking the daemon whether it lives.
  std::optional<ErrorRecord> runAside(const std::shared_ptr<Call>& call);
  // Runs the call on this thread and then, one after another, what may follow it.
  void run(std::shared_ptr<Call> call);
  void setMaxCalls(unsigned maxCalls);

  // Stops the queue, gives back what was waiting in it, and starts `closer` as soon as no call runs any more.
  // Null closer when the lane was closed before.
  bool close(std::shared_ptr<Call> closer, Calls& waiting);
  // The link is gone: nothing is taken any more, and what was waiting is given back. False when that was known.
  bool lose(const ErrorRecord& why, Calls& waiting);
  // A call that was dropped: what it owns goes with it, and is not to wait for its turn.
  void takeOut(const Call& call);
  [[nodiscard]] bool lost();
  [[nodiscard]] bool open();
  // Run by the closer before the connection is given back, as registrations of callbacks hold it.
  Endings& endings() { return endings_; }
  // For the closer: gives back every handle, the connection last. The value of virConnectClose.
  int releaseAll();

  std::shared_ptr<Handle> adopt(const HandleType& type, void* pointer);
  template <LibvirtObject T>
  Made<T> adopt(T* pointer) {
    return {adopt(HandleTraits<T>::type, pointer)};
  }
  // Calls overlap for longer than a moment: makes a request more, see nudge.h.
  void nudge();
  // Whether the link to the daemon stands, asked from a running call.
  [[nodiscard]] bool alive();

  void attach(Handle& handle);
  void detach(Handle& handle);

  static std::size_t handleCount();

 private:
  struct Garbage {
    void* pointer;
    int (*release)(void*);
  };
  class Sweep;
  class Nudge;
  enum class State { open, closing, closed };

  // All of these want the mutex held. `dead` takes what may be the last reference to a call, to be destroyed when the
  // mutex is free: with a call go its handles, which come back here.
  std::shared_ptr<Call> pick(Calls& dead);
  std::shared_ptr<Call> pickCloser();
  void unlink(Handle& handle);
  [[nodiscard]] std::optional<ErrorRecord> refusal() const;
  void empty(Calls& into, Calls& dead);

  // The last of them first.
  void start(Calls calls);
  void refused(Call& call, const std::string& why);
  // All that may run beside what runs.
  void startMore();
  std::shared_ptr<Call> finished(const Call& call);
  void sweep();
  void watchOverlap();
  void nudged();
  void asideDone();

  std::mutex mutex_;
  State state_ = State::open;
  using Queue = std::deque<std::shared_ptr<Call>>;
  Queue waiting_;  // calls that may take long: they leave one place free …
  Queue quick_;    // … for these, which are answered from memory or end a wait
  std::uint64_t order_ = 0;
  unsigned maxCalls_ = defaultMaxCalls;
  unsigned running_ = 0;
  unsigned runningWaiting_ = 0;
  unsigned aside_ = 0;
  unsigned nudging_ = 0;
  bool watched_ = false;
  bool again_ = false;   // calls overlap anew since the lane has been watched
  bool barred_ = false;  // while a barrier runs
  std::optional<ErrorRecord> lost_;
  std::shared_ptr<Call> closer_;
  std::weak_ptr<Handle> connection_;
  Handle* handles_ = nullptr;
  std::vector<Garbage> garbage_;
  Endings endings_;
  bool sweeping_ = false;
};

}  // namespace libvirt_napi
