// The answers to what libvirt asks while a connection is opened. libvirt asks on the thread that opens, which waits for
// the answers of a JavaScript function; the JavaScript thread is free meanwhile.
#pragma once

#include <libvirt/libvirt.h>
#include <napi.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../core/callback.h"
#include "../core/decode.h"
#include "../core/encode.h"
#include "../core/handle.h"
#include "../core/values.h"

namespace libvirt_napi {

// A JavaScript value that outlives its scope, in the hands of any thread.
class Kept {
 public:
  Kept(Napi::Env env, napi_value value);
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  Kept(Kept&&) = delete;
  Kept& operator=(Kept&&) = delete;
  ~Kept();

  [[nodiscard]] napi_value get(Napi::Env env) const;

 private:
  std::shared_ptr<Environment> environment_;
  napi_ref box_ = nullptr;
};

struct Question {
  int type;
  std::string prompt;
  std::optional<std::string> challenge;
  std::optional<std::string> defresult;
};

class Credentials : public std::enable_shared_from_this<Credentials> {
 public:
  Credentials(std::vector<int> types, std::shared_ptr<Callback> callback)
      : types_(std::move(types)), callback_(std::move(callback)) {}

  // For the thread that opens; good as long as this lives.
  [[nodiscard]] virConnectAuth auth();
  // The open has been given up: whoever waits for answers is refused, now and later.
  void released();
  // What the function threw.
  [[nodiscard]] std::shared_ptr<Kept> thrown() const;

 private:
  class Asking;

  static int answer(virConnectCredentialPtr questions, unsigned count, void* credentials);
  // Nothing: refused.
  std::optional<std::vector<Bytes>> ask(std::vector<Question> questions);

  // On the JavaScript thread. What comes for an earlier round is too late.
  void put(Napi::Env env, std::uint64_t round, const std::vector<Question>& questions);
  void take(Napi::Env env, std::uint64_t round, std::size_t count, Napi::Value given);
  void fail(Napi::Env env, std::uint64_t round, napi_value error);
  // From any thread.
  void settle(std::uint64_t round, std::optional<std::vector<Bytes>> answers);

  std::vector<int> types_;
  std::shared_ptr<Callback> callback_;
  mutable std::mutex mutex_;
  std::condition_variable settled_;
  std::uint64_t round_ = 0;
  bool waiting_ = false;
  bool over_ = false;
  std::optional<std::vector<Bytes>> answers_;
  std::shared_ptr<Kept> thrown_;
};

template <>
struct Decode<std::shared_ptr<Credentials>> {
  using Stored = std::shared_ptr<Credentials>;
  static constexpr const char* type = "auth";
  static Stored from(const Slot& slot);
  static const Stored& get(const Stored& credentials) { return credentials; }
};

// A connection, or what the function threw that was asked for credentials.
struct Opened {
  Made<virConnect> connection;
  std::shared_ptr<Kept> thrown;
};

template <>
struct Encode<Opened> {
  static Napi::Value make(Napi::Env env, const Opened& opened) {
    if (opened.thrown) {
      throw Napi::Error(env, opened.thrown->get(env));
    }
    return encode(env, opened.connection);
  }
};

// virConnectOpenAuth; where there are no credentials, whatever is asked is refused.
Opened openWith(const std::shared_ptr<Credentials>& credentials, const char* name, unsigned flags);

}  // namespace libvirt_napi
