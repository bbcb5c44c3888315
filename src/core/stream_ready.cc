#include "stream_ready.h"

#include <utility>

#include "encode.h"
#include "environment.h"
#include "lane.h"
#include "stream_events.h"
#include "stream_handle.h"

namespace libvirt_napi {

StreamReady::StreamReady(std::shared_ptr<Handle> stream, std::shared_ptr<Callback> callback)
    : stream_(std::move(stream)), link_(Unserved::linkOf(*stream_->lane())), callback_(std::move(callback)) {}

void StreamReady::ask(int wanted) {
  {
    const std::scoped_lock lock(mutex_);
    if (!callback_) {
      return;
    }
    wanted_ |= wanted;
  }
  if (!stream_->lane()->open()) {
    happened(wanted);  // the call that follows says what is the matter
    return;
  }
  if (link_) {
    askSocket();
  } else {
    happened(wanted & writable);
  }
  // What was read from the socket along with something else waits inside libvirt. It tells by its event; where there
  // are none and no socket either, the call has to wait on its thread.
  if ((wanted & readable) != 0 && !askStream() && !link_) {
    happened(readable);
  }
}

void StreamReady::askSocket() {
  int events = 0;
  {
    const std::scoped_lock lock(mutex_);
    events = ((wanted_ & readable) != 0 ? VIR_EVENT_HANDLE_READABLE : 0) |
             ((wanted_ & writable) != 0 ? VIR_EVENT_HANDLE_WRITABLE : 0);
  }
  if (watch_ >= 0) {
    virEventUpdateHandle(watch_, events);
    return;
  }
  auto owner = std::make_unique<Shared>(shared_from_this());
  watch_ = virEventAddHandle(link_->socket(), events, onSocket, owner.get(),
                             [](void* opaque) { const std::unique_ptr<Shared> last(static_cast<Shared*>(opaque)); });
  if (watch_ >= 0) {
    owner.release();  // NOLINT(bugprone-unused-return-value): the loop owns it now
  }
}

bool StreamReady::askStream() {
  auto* stream = stream_->get<virStream>();
  if (registered_) {
    return virStreamEventUpdateCallback(stream, VIR_STREAM_EVENT_READABLE) == 0;
  }
  const auto told = [weak = weak_from_this()](virStreamPtr said, int /*events*/) {
    virStreamEventUpdateCallback(said, 0);
    if (const auto self = weak.lock()) {
      self->happened(readable);
    }
  };
  registered_ = addStreamEvent(stream, VIR_STREAM_EVENT_READABLE, told) == 0;
  return registered_;
}

void StreamReady::onSocket(int watch, int /*fd*/, int events, void* opaque) {
  constexpr int over = VIR_EVENT_HANDLE_ERROR | VIR_EVENT_HANDLE_HANGUP;
  auto& self = **static_cast<Shared*>(opaque);
  const int is = ((events & (VIR_EVENT_HANDLE_READABLE | over)) != 0 ? readable : 0) |
                 ((events & (VIR_EVENT_HANDLE_WRITABLE | over)) != 0 ? writable : 0);
  {
    const std::scoped_lock lock(self.mutex_);
    const int left = self.wanted_ & ~is;
    virEventUpdateHandle(watch, ((left & readable) != 0 ? VIR_EVENT_HANDLE_READABLE : 0) |
                                    ((left & writable) != 0 ? VIR_EVENT_HANDLE_WRITABLE : 0));
  }
  self.happened(is);
}

void StreamReady::happened(int events) {
  const std::scoped_lock lock(mutex_);
  const int told = wanted_ & events;
  wanted_ &= ~told;
  if (told != 0 && callback_) {
    callback_->post([told](Napi::Env env) { return std::vector<napi_value>{encode(env, told)}; });
  }
}

void StreamReady::end() {
  {
    const std::scoped_lock lock(mutex_);
    if (!callback_) {
      return;
    }
    callback_.reset();
  }
  if (watch_ >= 0) {
    virEventRemoveHandle(std::exchange(watch_, -1));
  }
  link_.reset();  // this may be collected much later
  if (registered_ && stream_->lane()->open()) {
    removeStreamEvent(stream_->get<virStream>());
  }
}

}  // namespace libvirt_napi
