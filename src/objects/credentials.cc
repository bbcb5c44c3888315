#include "credentials.h"

#include <array>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "../core/encode.h"
#include "../core/environment.h"
#include "../core/error.h"
#include "../core/lane.h"
#include "../core/notice.h"
#include "../core/shapes.h"

namespace libvirt_napi {

namespace {

constexpr const char* operation = "virConnectOpenAuth";

// Whatever kind of promise it is, or none.
bool whenSettled(Napi::Env env, napi_value result, const std::array<napi_value, 2>& handlers) {
  napi_deferred deferred = nullptr;
  napi_value promise = nullptr;
  napi_value then = nullptr;
  return napi_create_promise(env, &deferred, &promise) == napi_ok &&
         napi_resolve_deferred(env, deferred, result) == napi_ok &&
         napi_get_named_property(env, promise, "then", &then) == napi_ok &&
         napi_call_function(env, promise, then, handlers.size(), handlers.data(), nullptr) == napi_ok;
}

// libvirt frees it.
char* copyForC(const Bytes& answer) {
  auto* copy = static_cast<char*>(std::malloc(answer.size()));  // NOLINT(*-no-malloc,*-owning-memory)
  if (copy != nullptr) {
    std::memcpy(copy, answer.data(), answer.size());
  }
  return copy;
}

}  // namespace

template <>
struct Encode<Question> {
  static Napi::Value make(Napi::Env env, const Question& question) {
    return fields(env, "type", question.type, "prompt", question.prompt, "challenge", question.challenge, "defresult",
                  question.defresult);
  }
};

Kept::Kept(Napi::Env env, napi_value value) : environment_(Environment::of(env)) {
  // Node-API has references to objects only.
  auto box = Napi::Array::New(env, 1);
  box.Set(0U, value);
  NAPI_THROW_IF_FAILED_VOID(env, napi_create_reference(env, box, 1, &box_));
}

Kept::~Kept() { environment_->discard(box_); }

napi_value Kept::get(Napi::Env env) const {
  napi_value box = nullptr;
  NAPI_THROW_IF_FAILED(env, napi_get_reference_value(env, box_, &box), nullptr);
  return Napi::Array(env, box).Get(0U);
}

// Destroyed without having been delivered when the environment has ended: then nobody will ever answer.
class Credentials::Asking : public Notice {
 public:
  Asking(std::shared_ptr<Credentials> credentials, std::uint64_t round, std::vector<Question> questions)
      : credentials_(std::move(credentials)), round_(round), questions_(std::move(questions)) {}
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  Asking(Asking&&) = delete;
  Asking& operator=(Asking&&) = delete;
  ~Asking() override {
    if (!delivered_) {
      credentials_->settle(round_, std::nullopt);
    }
  }

  void deliver(Napi::Env env) override {
    delivered_ = true;
    credentials_->put(env, round_, questions_);
  }

 private:
  std::shared_ptr<Credentials> credentials_;
  std::uint64_t round_;
  std::vector<Question> questions_;
  bool delivered_ = false;
};

virConnectAuth Credentials::auth() {
  return {.credtype = types_.data(), .ncredtype = static_cast<unsigned>(types_.size()), .cb = answer, .cbdata = this};
}

void Credentials::released() {
  const std::scoped_lock lock(mutex_);
  over_ = true;
  waiting_ = false;
  settled_.notify_all();
}

std::shared_ptr<Kept> Credentials::thrown() const {
  const std::scoped_lock lock(mutex_);
  return thrown_;
}

int Credentials::answer(virConnectCredentialPtr questions, unsigned count, void* credentials) {
  std::vector<Question> asked;
  for (unsigned i = 0; i < count; ++i) {
    const auto& one = questions[i];
    asked.push_back(
        {one.type, optionalText(one.prompt).value_or(""), optionalText(one.challenge), optionalText(one.defresult)});
  }
  const auto answers = static_cast<Credentials*>(credentials)->ask(std::move(asked));
  if (!answers) {
    return -1;
  }
  for (unsigned i = 0; i < count; ++i) {
    questions[i].result = copyForC((*answers)[i]);
    if (questions[i].result == nullptr) {
      return -1;
    }
    questions[i].resultlen = static_cast<unsigned>((*answers)[i].size() - 1);
  }
  return 0;
}

std::optional<std::vector<Bytes>> Credentials::ask(std::vector<Question> questions) {
  std::uint64_t round = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (over_) {
      return std::nullopt;
    }
    waiting_ = true;
    round = ++round_;
  }
  // Not under the mutex: an environment that has ended destroys the notice at once.
  callback_->environment()->post(std::make_unique<Asking>(shared_from_this(), round, std::move(questions)));
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [this] { return !waiting_; });
  return std::exchange(answers_, std::nullopt);
}

void Credentials::settle(std::uint64_t round, std::optional<std::vector<Bytes>> answers) {
  const std::scoped_lock lock(mutex_);
  if (waiting_ && round == round_) {
    waiting_ = false;
    answers_ = std::move(answers);
    settled_.notify_all();
  }
}

void Credentials::put(Napi::Env env, std::uint64_t round, const std::vector<Question>& questions) {
  {
    const std::scoped_lock lock(mutex_);
    if (!waiting_ || round != round_) {
      return;  // nobody waits for the answer any more
    }
  }
  // The functions must not keep this: it keeps the function that asks, whose promise may never settle.
  const std::weak_ptr<Credentials> weak = weak_from_this();
  const std::size_t count = questions.size();
  const auto given = [weak, round, count](const Napi::CallbackInfo& info) {
    if (const auto self = weak.lock()) {
      try {
        self->take(info.Env(), round, count, info[0]);
      } catch (const Napi::Error& error) {  // of a getter in the answer
        self->fail(info.Env(), round, error.Value());
      }
    }
  };
  const auto thrown = [weak, round](const Napi::CallbackInfo& info) {
    if (const auto self = weak.lock()) {
      self->fail(info.Env(), round, info[0]);
    }
  };
  try {
    const auto result = callback_->call(env, {encode(env, questions)});
    const std::array<napi_value, 2> handlers{Napi::Function::New(env, given), Napi::Function::New(env, thrown)};
    // A worker that is being ended comes to nothing here: then nobody will answer.
    if (result.IsEmpty() || !whenSettled(env, result, handlers)) {
      settle(round, std::nullopt);
    }
  } catch (const Napi::Error& error) {
    fail(env, round, error.Value());
  }
}

void Credentials::take(Napi::Env env, std::uint64_t round, std::size_t count, Napi::Value given) {
  if (given.IsNull()) {
    settle(round, std::nullopt);
    return;
  }
  std::vector<Bytes> answers;
  if (given.IsArray() && given.As<Napi::Array>().Length() == count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (auto answer = secretText(env, given.As<Napi::Array>().Get(i))) {
        answers.push_back(std::move(*answer));
      }
    }
  }
  if (answers.size() == count) {
    settle(round, std::move(answers));
    return;
  }
  // Says nothing of what was given: it may be a secret in the wrong place.
  const auto message = std::string(operation) + ": the callback must give null or an array of " +
                       std::to_string(count) + (count == 1 ? " string" : " strings") + " without NUL characters";
  fail(env, round, Napi::TypeError::New(env, message).Value());
}

void Credentials::fail(Napi::Env env, std::uint64_t round, napi_value error) {
  {
    const std::scoped_lock lock(mutex_);
    if (!waiting_ || round != round_) {
      return;
    }
    thrown_ = std::make_shared<Kept>(env, error);
    over_ = true;
  }
  settle(round, std::nullopt);
}

Opened openWith(const std::shared_ptr<Credentials>& credentials, const char* name, unsigned flags) {
  virConnectAuth auth = credentials ? credentials->auth() : virConnectAuth{};
  virConnectPtr connection = virConnectOpenAuth(name, credentials ? &auth : nullptr, flags);
  const auto thrown = credentials ? credentials->thrown() : nullptr;
  if (connection == nullptr && !thrown) {
    throw Failure(ErrorRecord::last());
  }
  return {connection == nullptr ? Made<virConnect>{} : Lane::current().adopt(connection), thrown};
}

std::shared_ptr<Credentials> Decode<std::shared_ptr<Credentials>>::from(const Slot& slot) {
  if (slot.parameter().nullable && slot.missing()) {
    return nullptr;
  }
  const Napi::Value value(slot.env, slot.value);
  const std::string expected = "an object with the types of credentials and a callback";
  if (!value.IsObject() || value.IsFunction()) {
    slot.wrongType(expected);
  }
  const auto credentials = value.As<Napi::Object>().Get("credentials");
  const auto callback = value.As<Napi::Object>().Get("callback");
  if (!credentials.IsArray() || !callback.IsFunction()) {
    slot.wrongType(expected);
  }
  std::vector<int> types;
  for (std::uint32_t i = 0; i < credentials.As<Napi::Array>().Length(); ++i) {
    types.push_back(Decode<int>::from(Slot{slot.env, credentials.As<Napi::Array>().Get(i), slot.function, slot.index}));
  }
  return std::make_shared<Credentials>(std::move(types), Callback::of(slot.env, callback.As<Napi::Function>()));
}

}  // namespace libvirt_napi
