#include "runtime/wasi/net/idna.h"

#include <cstdint>

// Of libidn2, whose header is not among what davit is built with.
extern "C" {
int idn2_lookup_u8(const uint8_t* name, uint8_t** out, int flags);
void idn2_free(void* memory);
}

namespace davit::wasi::net {
namespace {

// idn2_flags
constexpr int kNormalise = 1;
constexpr int kNonTransitional = 8;

// A name of 253 bytes has at most so many in UTF-8 before it becomes one of ASCII.
constexpr size_t kMostBytes = 1024;

}  // namespace

std::optional<std::string> ToAscii(std::string_view utf8_name) {
  if (utf8_name.size() > kMostBytes || utf8_name.contains('\0')) return std::nullopt;
  const std::string name(utf8_name);
  uint8_t* ascii = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const uint8_t*>(name.c_str()), &ascii,
                                    kNormalise | kNonTransitional);
  if (status != 0) return std::nullopt;
  std::string result = reinterpret_cast<const char*>(ascii);
  idn2_free(ascii);
  return result;
}

}  // namespace davit::wasi::net
