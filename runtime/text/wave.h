#ifndef DAVIT_RUNTIME_TEXT_WAVE_H_
#define DAVIT_RUNTIME_TEXT_WAVE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/davit/v1/val.pb.h"
#include "runtime/types/type.h"

// WAVE, the WebAssembly Value Encoding: component values as text, to and from the wire form Val.
//
//   bool true            u32 12          f64 1.5e3, nan, -inf    char 'x', '\u{2603}'
//   string "a\tb", or """ and lines ... """ indented as the closing quotes
//   list [1, 2]          tuple (1, "a")  record {a: 1, b: "x"}, options may be left out, {:} if all
//   variant days(30)     enum south      option some(1), none, or just 1
//   result ok(1), err    flags {read}    map [("k", 1)], also read as {"k": 1}
//   own, borrow "tenants/t/instances/i/resources/h"
//
// A case that is called as one of WAVE's keywords is written with a '%': %ok. // comments run to
// the end of the line, a comma may follow the last item. Streams, futures and error contexts have
// no text.
//
// Recursion is bounded by the depth of types, which may be base::kMaxTypeDepth at most. Errors are
// base::ArgumentError with the path of the value and, while parsing, line and column of the text.
namespace davit::text {

// The value of `type` that `text` holds. Lists of fixed-width numbers come in their packed form,
// record fields in the order of the type.
absl::StatusOr<v1::Val> ParseWave(std::string_view text, const types::Type& type);

// `val` as text that ParseWave reads back as an equal value (NaN payloads excepted). Accepts plain
// and packed lists; an error when `val` is no value of `type`.
absl::StatusOr<std::string> ToWave(const v1::Val& val, const types::Type& type);

// `val` as text where its type is not known. Total: what is missing or nested too deeply to be a
// value is shown as "?".
std::string ToWaveUntyped(const v1::Val& val);

// A call "ns:pkg/iface@1.0.0#func(1, 2)", taken apart but for its arguments.
struct ParsedCall {
  std::string interface;   // "ns:pkg/iface@1.0.0"; empty for a function of the world itself
  std::string function;    // "func"
  std::string args;        // "1, 2"
  size_t args_column = 1;  // of the first character of `args` in the text, from 1
};
absl::StatusOr<ParsedCall> ParseWaveCall(std::string_view text);

// The arguments "1, 2" of a function with these `params`; trailing options may be left out. Columns
// in errors count from `first_column`; paths are "args[0].field", "args[1][3]", ...
absl::StatusOr<std::vector<v1::Val>> ParseWaveArgs(std::string_view text,
                                                   std::span<const types::Param> params,
                                                   size_t first_column = 1);

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WAVE_H_
