// libvirt's client before 10.4 (CVE-2024-4418): the thread that reads a connection's socket for all others adds a source
// to the connection's loop, with data on its own stack, and runs the loop. When another thread wakes it, the source is
// left in the loop, and the next thread to run the loop calls it: into a stack that is gone. Calls of one connection that
// overlap are enough, in any program. Here the source goes when the run ends, as newer ones do it; it costs nothing there.
#include "stale_source.h"

#include <dlfcn.h>

#include <atomic>
#include <utility>

namespace libvirt_napi {

namespace {

std::atomic<bool> seen{false};

struct Glib {
  unsigned (*attach)(void* source, void* context);
  void (*run)(void* loop);
  void* (*contextOf)(void* loop);
  void* (*ref)(void* source);
  void (*unref)(void* source);
  void (*destroy)(void* source);
};

template <class F>
void find(F*& function, const char* name) {
  function = reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
}

const Glib& glib() {
  static const Glib functions = [] {
    Glib found{};
    find(found.attach, "g_source_attach");
    find(found.run, "g_main_loop_run");
    find(found.contextOf, "g_main_loop_get_context");
    find(found.ref, "g_source_ref");
    find(found.unref, "g_source_unref");
    find(found.destroy, "g_source_destroy");
    return found;
  }();
  return functions;
}

// Ends a source when the run of a loop is over.
class Ending {
 public:
  explicit Ending(void* source) : source_(source == nullptr ? nullptr : glib().ref(source)) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  Ending(Ending&&) = delete;
  Ending& operator=(Ending&&) = delete;
  ~Ending() {
    if (source_ != nullptr) {
      glib().destroy(source_);
      glib().unref(source_);
    }
  }

 private:
  void* source_;
};

// What this thread added last to a loop that is not the process's default one. No reference: libvirt has one while it runs
// the loop. It also adds sources to wake another thread; who kept those would give them back when their loop may be going.
struct Attached {
  void* source = nullptr;
  void* context = nullptr;
};
thread_local Attached attachedLast;

}  // namespace

bool endsStaleSources() { return seen; }

// libvirt finds these two before GLib's own, because it is loaded on behalf of this module; nobody else finds them.
extern "C" __attribute__((visibility("default"))) unsigned g_source_attach(void* source, void* context) {
  if (context != nullptr) {
    attachedLast = {.source = source, .context = context};
  }
  return glib().attach(source, context);
}

extern "C" __attribute__((visibility("default"))) void g_main_loop_run(void* loop) {
  seen = true;
  const auto last = std::exchange(attachedLast, {});
  const Ending ending(last.context == glib().contextOf(loop) ? last.source : nullptr);
  glib().run(loop);
}

}  // namespace libvirt_napi
