#include "error.h"

#include <libvirt/virterror.h>

#include <utility>

namespace libvirt_napi {

namespace {

std::optional<std::string> text(const char* value) {
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Napi::Value textOrNull(Napi::Env env, const std::optional<std::string>& value) {
  return value ? Napi::String::New(env, *value).As<Napi::Value>() : env.Null();
}

std::string version(unsigned number) {
  return std::to_string(number / 1000000) + "." + std::to_string(number / 1000 % 1000) + "." +
         std::to_string(number % 1000);
}

ErrorRecord needs(const std::string& what, unsigned since, const std::string& whose, unsigned long has) {
  return {.code = VIR_ERR_NO_SUPPORT,
          .level = VIR_ERR_ERROR,
          .message = what + " needs libvirt " + version(since) + " or later; " + whose + " is " +
                     version(static_cast<unsigned>(has)),
          .str1 = what};
}

ErrorRecord record(const virError& error) {
  return {.code = error.code,
          .domain = error.domain,
          .level = error.level,
          .message = error.message == nullptr ? "libvirt reported an error without a text" : error.message,
          .str1 = text(error.str1),
          .str2 = text(error.str2),
          .str3 = text(error.str3),
          .int1 = error.int1,
          .int2 = error.int2};
}

}  // namespace

ErrorRecord ErrorRecord::last() {
  const virError* error = virGetLastError();
  if (error == nullptr || error->code == VIR_ERR_OK) {
    return {.code = VIR_ERR_INTERNAL_ERROR, .level = VIR_ERR_ERROR, .message = "libvirt failed without saying why"};
  }
  return record(*error);
}

ErrorRecord ErrorRecord::own(const char* code, std::string message) {
  return {.message = std::move(message), .ownCode = code};
}

ErrorRecord ErrorRecord::unsupported(const std::string& function, unsigned since) {
  unsigned long loaded = 0;
  virGetVersion(&loaded, nullptr, nullptr);
  return needs(function, since, "the libvirt that is loaded", loaded);
}

ErrorRecord ErrorRecord::unsupportedThere(const std::string& what, unsigned since, unsigned long there) {
  return needs(what, since, "the daemon's", there);
}

Napi::Object ErrorRecord::toObject(Napi::Env env, const std::string& operation) const {
  auto object = Napi::Object::New(env);
  if (ownCode != nullptr) {
    object["code"] = Napi::String::New(env, ownCode);
  } else {
    object["code"] = Napi::Number::New(env, code);
    object["domain"] = Napi::Number::New(env, domain);
    object["level"] = Napi::Number::New(env, level);
  }
  object["message"] = Napi::String::New(env, message);
  if (ownCode == nullptr) {
    object["str1"] = textOrNull(env, str1);
    object["str2"] = textOrNull(env, str2);
    object["str3"] = textOrNull(env, str3);
    object["int1"] = Napi::Number::New(env, int1);
    object["int2"] = Napi::Number::New(env, int2);
    object["disconnected"] = Napi::Boolean::New(env, disconnected);
  }
  object["operation"] = Napi::String::New(env, operation);
  return object;
}

void forgetLastError() { virResetLastError(); }

void checkLastError() {
  const virError* error = virGetLastError();
  if (error != nullptr && error->code != VIR_ERR_OK) {
    throw Failure(record(*error));
  }
}

}  // namespace libvirt_napi
