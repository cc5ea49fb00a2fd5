#ifndef DAVIT_RUNTIME_WASI_NET_IDNA_H_
#define DAVIT_RUNTIME_WASI_NET_IDNA_H_

#include <optional>
#include <string>
#include <string_view>

namespace davit::wasi::net {

// The form of an internationalised name that DNS knows (IDNA 2008, UTS 46 without transitions).
// Nothing where it has none. What it gives must be looked at as a name of ASCII is: dots and digits
// have other forms in Unicode.
std::optional<std::string> ToAscii(std::string_view utf8_name);

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_IDNA_H_
