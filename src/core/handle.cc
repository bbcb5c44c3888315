#include "handle.h"

#include <cstdint>
#include <utility>

#include "lane.h"

namespace libvirt_napi {

namespace {

// The address makes the tag differ between two copies of the addon in one process, whose handles must not be mixed.
const napi_type_tag& handleTag() {
  static const char here = 0;
  static const napi_type_tag tag{0x6c6962766972746eULL, reinterpret_cast<std::uintptr_t>(&here)};
  return tag;
}

}  // namespace

Handle::Handle(const HandleType& type, void* pointer, std::shared_ptr<Lane> lane, std::shared_ptr<Handle> parent)
    : type_(type), pointer_(pointer), lane_(std::move(lane)), parent_(std::move(parent)) {
  lane_->attach(*this);
}

Handle::~Handle() { lane_->detach(*this); }

Napi::Value wrapHandle(Napi::Env env, std::shared_ptr<Handle> handle) {
  auto object = Napi::Object::New(env);
  auto owner = std::make_unique<std::shared_ptr<Handle>>(std::move(handle));
  NAPI_THROW_IF_FAILED(env, napi_type_tag_object(env, object, &handleTag()), env.Undefined());
  const auto finalizer = [](napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<Handle>> collected(static_cast<std::shared_ptr<Handle>*>(data));
  };
  NAPI_THROW_IF_FAILED(env, napi_wrap(env, object, owner.get(), finalizer, nullptr, nullptr), env.Undefined());
  owner.release();  // NOLINT(bugprone-unused-return-value): the finalizer owns it now
  return object;
}

std::shared_ptr<Handle>* unwrapHandle(napi_env env, napi_value value) {
  bool ours = false;
  if (napi_check_object_type_tag(env, value, &handleTag(), &ours) != napi_ok || !ours) {
    return nullptr;
  }
  void* data = nullptr;
  return napi_unwrap(env, value, &data) == napi_ok ? static_cast<std::shared_ptr<Handle>*>(data) : nullptr;
}

}  // namespace libvirt_napi
