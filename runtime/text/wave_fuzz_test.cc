// Whatever text is read as a value of a type: it is refused, or the value prints as text that reads
// as an equal value. The first byte chooses the type.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/text/wave.h"

namespace davit::text {
namespace {

types::TypePtr P(types::Kind kind) { return types::Primitive(kind); }

// A type with every kind that has a text inside.
types::TypePtr Everything() {
  const types::TypePtr variant =
      types::Variant({{.name = "empty", .type = nullptr},
                      {.name = "some", .type = P(types::Kind::kString)},
                      {.name = "list", .type = types::List(P(types::Kind::kF32))}});
  return types::Record(
      {{.name = "a", .type = types::Option(P(types::Kind::kU8))},
       {.name = "b", .type = types::Option(variant)},
       {.name = "c",
        .type = types::Option(
            types::Result(types::Option(P(types::Kind::kChar)), types::Enum({"x", "ok"})))},
       {.name = "d", .type = types::Option(types::Flags({"r", "w"}))},
       {.name = "e",
        .type = types::Option(
            types::Map(P(types::Kind::kString), types::Tuple({P(types::Kind::kS64)})))},
       {.name = "f", .type = types::Option(types::FixedList(P(types::Kind::kBool), 2))},
       {.name = "g", .type = types::Option(types::Own(types::ResourceId(1)))}});
}

const std::vector<types::TypePtr>& Choices() {
  static const auto* const kChoices = new std::vector<types::TypePtr>{
      Everything(),
      types::List(Everything()),
      P(types::Kind::kString),
      P(types::Kind::kChar),
      P(types::Kind::kF32),
      P(types::Kind::kF64),
      types::List(P(types::Kind::kU8)),
      types::Map(P(types::Kind::kU32), P(types::Kind::kString)),
  };
  return *kChoices;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const types::Type& type = *Choices()[data[0] % Choices().size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)ParseWaveCall(text);
  const auto val = ParseWave(text, type);
  if (!val.ok()) return 0;
  (void)ToWaveUntyped(*val);
  const auto printed = ToWave(*val, type);
  Require(printed.ok());
  const auto again = ParseWave(*printed, type);
  Require(again.ok());
  Require(*ToWave(*again, type) == *printed);
  return 0;
}

}  // namespace davit::text
