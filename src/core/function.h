// One entry of the raw layer: what a C function is called, what it takes, how it is run. The same for all environments.
#pragma once

#include <napi.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace libvirt_napi {

// local: neither I/O nor a driver's lock, so run at once on the JavaScript thread.
// quick: answered from memory by drivers, or ends a wait; may take the place that the others leave free.
// barrier: quick, and no later call of the connection starts before it has ended.
// aside: past the queue, and the process does not wait for it.
enum class CallClass { wait, quick, barrier, local, aside };

struct Parameter {
  std::string name;
  bool nullable = false;
};

class Function {
 public:
  // The prototype names the C function and its JavaScript arguments; `?` marks one that may be null.
  Function(std::string_view prototype, CallClass callClass, std::vector<std::string> types);
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  Function(Function&&) = delete;
  Function& operator=(Function&&) = delete;
  virtual ~Function() = default;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::vector<Parameter>& parameters() const { return parameters_; }
  [[nodiscard]] const std::vector<std::string>& types() const { return types_; }
  [[nodiscard]] CallClass callClass() const { return callClass_; }
  // The libvirt that brought the function, when the one that is loaded does not have it; else 0.
  [[nodiscard]] unsigned missingSince() const { return missingSince_; }

  [[nodiscard]] Napi::Function toJS(Napi::Env env) const;

 protected:
  virtual napi_value invoke(napi_env env, const napi_value* values) const = 0;

 private:
  static napi_value dispatch(napi_env env, napi_callback_info info);
  void requireCount(std::size_t given) const;

  std::string name_;
  std::vector<Parameter> parameters_;
  std::vector<std::string> types_;
  CallClass callClass_;
  unsigned missingSince_ = 0;
  std::size_t required_ = 0;
};

}  // namespace libvirt_napi
