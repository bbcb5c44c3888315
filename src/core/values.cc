#include "values.h"

#include <cstring>

namespace libvirt_napi {

namespace {

// More than any host has; a stray number must not become a huge map.
constexpr double mostCPUs = 65535;
constexpr unsigned bitsOfByte = 8;

}  // namespace

Bytes::~Bytes() { explicit_bzero(bytes_.data(), bytes_.size()); }

std::optional<Bytes> secretText(napi_env env, napi_value value) {
  std::size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    return std::nullopt;
  }
  Bytes bytes(length + 1);
  NAPI_THROW_IF_FAILED(
      env, napi_get_value_string_utf8(env, value, reinterpret_cast<char*>(bytes.data()), bytes.size(), &length),
      std::nullopt);
  if (std::memchr(bytes.data(), '\0', length) != nullptr) {
    return std::nullopt;
  }
  return bytes;
}

Bytes Decode<SecretText>::from(const Slot& slot) {
  auto text = secretText(slot.env, slot.value);
  if (!text) {
    slot.wrongType(Napi::Value(slot.env, slot.value).IsString() ? "a string without NUL characters" : "a string");
  }
  return std::move(*text);
}

Bytes Decode<Bytes>::from(const Slot& slot) {
  bool buffer = false;
  napi_is_buffer(slot.env, slot.value, &buffer);
  if (!buffer) {
    slot.wrongType("a Buffer or Uint8Array");
  }
  void* data = nullptr;
  std::size_t length = 0;
  NAPI_THROW_IF_FAILED(slot.env, napi_get_buffer_info(slot.env, slot.value, &data, &length), Bytes());
  return {static_cast<const unsigned char*>(data), length};
}

std::vector<const char*> TextList::pointers() const {
  std::vector<const char*> pointers;
  pointers.reserve(texts_.size() + 1);
  for (const auto& text : texts_) {
    pointers.push_back(text.c_str());
  }
  pointers.push_back(nullptr);
  return pointers;
}

TextList Decode<TextList>::from(const Slot& slot) {
  if (slot.parameter().nullable && slot.missing()) {
    return {};
  }
  return TextList(eachOf(slot, "an array of strings", [](const Slot& item) {
    auto text = decodeText(item);
    if (!text) {
      item.wrongType("an array of strings");
    }
    return *text;
  }));
}

std::vector<unsigned> Decode<std::vector<unsigned>>::from(const Slot& slot) {
  return eachOf(slot, "an array of numbers", [](const Slot& item) { return Decode<unsigned>::from(item); });
}

std::vector<unsigned long long> Decode<std::vector<unsigned long long>>::from(const Slot& slot) {
  return eachOf(slot, "an array of bigints", [](const Slot& item) { return decodeUnsignedLongLong(item); });
}

void CPUMap::add(unsigned cpu) {
  const std::size_t byte = cpu / bitsOfByte;
  if (bytes_.size() <= byte) {
    bytes_.resize(byte + 1);
  }
  bytes_[byte] = static_cast<unsigned char>(bytes_[byte] | (1U << (cpu % bitsOfByte)));
}

std::vector<unsigned> CPUMap::cpus() const {
  std::vector<unsigned> cpus;
  for (std::size_t byte = 0; byte < bytes_.size(); ++byte) {
    for (unsigned bit = 0; bit < bitsOfByte; ++bit) {
      if ((bytes_[byte] & (1U << bit)) != 0) {
        cpus.push_back(static_cast<unsigned>(byte * bitsOfByte + bit));
      }
    }
  }
  return cpus;
}

CPUMap Decode<CPUMap>::from(const Slot& slot) {
  CPUMap map;
  for (const auto cpu : eachOf(slot, "an array of the numbers of CPUs",
                               [](const Slot& item) { return decodeInteger(item, 0, mostCPUs); })) {
    map.add(static_cast<unsigned>(cpu));
  }
  return map;
}

}  // namespace libvirt_napi
