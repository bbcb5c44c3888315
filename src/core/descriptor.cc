#include "descriptor.h"

#include <fcntl.h>
#include <libvirt/virterror.h>

#include <cerrno>
#include <limits>
#include <string>
#include <system_error>

namespace libvirt_napi {

Descriptor Descriptor::duplicateOf(int number) {
  // Past standard input, output and error, also where one of these is closed.
  constexpr int least = 3;
  return Descriptor(fcntl(number, F_DUPFD_CLOEXEC, least));
}

Descriptor Decode<Descriptor>::from(const Slot& slot) {
  const auto number = static_cast<int>(decodeInteger(slot, 0, std::numeric_limits<int>::max()));
  auto descriptor = Descriptor::duplicateOf(number);
  if (descriptor.number() < 0) {
    const int reason = errno;
    if (reason != EMFILE) {
      slot.wrongRange("an open file descriptor");
    }
    throw Failure(ErrorRecord{.code = VIR_ERR_SYSTEM_ERROR,
                              .level = VIR_ERR_ERROR,
                              .message = "cannot duplicate the file descriptor " + std::to_string(number) + ": " +
                                         std::generic_category().message(reason)});
  }
  return descriptor;
}

std::vector<Descriptor> Decode<std::vector<Descriptor>>::from(const Slot& slot) {
  return eachOf(slot, "an array of file descriptors", [](const Slot& item) { return Decode<Descriptor>::from(item); });
}

std::vector<Descriptor> Decode<std::vector<Descriptor>>::get(const Stored& list) {
  std::vector<Descriptor> descriptors;
  descriptors.reserve(list.size());
  for (const auto& descriptor : list) {
    descriptors.emplace_back(descriptor.release());
  }
  return descriptors;
}

std::vector<int> numbersOf(const std::vector<Descriptor>& descriptors) {
  std::vector<int> numbers;
  numbers.reserve(descriptors.size());
  for (const auto& descriptor : descriptors) {
    numbers.push_back(descriptor.number());
  }
  return numbers;
}

std::vector<Descriptor> descriptorsFrom(const int* numbers, std::size_t count) {
  std::vector<Descriptor> descriptors;
  descriptors.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    descriptors.emplace_back(numbers[i]);
  }
  return descriptors;
}

}  // namespace libvirt_napi
