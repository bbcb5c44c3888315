// What went wrong, copied out of libvirt on the thread where it happened: libvirt keeps its last error per thread.
#pragma once

#include <napi.h>

#include <optional>
#include <stdexcept>
#include <string>

namespace libvirt_napi {

struct ErrorRecord {
  int code = 0;
  int domain = 0;
  int level = 0;
  std::string message{};
  std::optional<std::string> str1{};
  std::optional<std::string> str2{};
  std::optional<std::string> str3{};
  int int1 = 0;
  int int2 = 0;
  // One of our own codes (ERR_LIBVIRT_…), for what libvirt does not know of.
  const char* ownCode = nullptr;
  // The link to the daemon was found dead right after the failure.
  bool disconnected = false;

  // The calling thread's last libvirt error.
  static ErrorRecord last();
  static ErrorRecord own(const char* code, std::string message);
  // The function is not in the libvirt that was loaded.
  static ErrorRecord unsupported(const std::string& function, unsigned since);
  // The daemon is of a libvirt that lacks it.
  static ErrorRecord unsupportedThere(const std::string& what, unsigned since, unsigned long there);

  [[nodiscard]] Napi::Object toObject(Napi::Env env, const std::string& operation) const;
};

// Thrown on a worker thread, caught in the call that runs there.
class Failure : public std::runtime_error {
 public:
  explicit Failure(ErrorRecord cause) : std::runtime_error(cause.message), record(std::move(cause)) {}
  ErrorRecord record;
};

// Thrown while arguments are decoded; becomes a JavaScript TypeError or RangeError.
class Misuse : public std::runtime_error {
 public:
  enum class Kind { type, range };
  Misuse(Kind kindOfError, const std::string& message) : std::runtime_error(message), kind(kindOfError) {}
  Kind kind;
};

inline int check(int result) {
  if (result < 0) {
    throw Failure(ErrorRecord::last());
  }
  return result;
}

template <class T>
T* check(T* result) {
  if (result == nullptr) {
    throw Failure(ErrorRecord::last());
  }
  return result;
}

// For functions whose error value is also a good result: call forget() before and checkLast() after.
void forgetLastError();
void checkLastError();

}  // namespace libvirt_napi
