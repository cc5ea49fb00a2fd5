// Whatever text is read as a value of a type: it is refused, or the value prints as text that reads
// as an equal value. The first byte chooses the type.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/types/wave.h"

namespace davit::types {
namespace {

TypePtr P(Kind kind) { return Primitive(kind); }

// A type with every kind that has a text inside.
TypePtr Everything() {
  const TypePtr variant = Variant({{.name = "empty", .type = nullptr},
                                   {.name = "some", .type = P(Kind::kString)},
                                   {.name = "list", .type = List(P(Kind::kF32))}});
  return Record({{.name = "a", .type = Option(P(Kind::kU8))},
                 {.name = "b", .type = Option(variant)},
                 {.name = "c", .type = Option(Result(Option(P(Kind::kChar)), Enum({"x", "ok"})))},
                 {.name = "d", .type = Option(Flags({"r", "w"}))},
                 {.name = "e", .type = Option(Map(P(Kind::kString), Tuple({P(Kind::kS64)})))},
                 {.name = "f", .type = Option(FixedList(P(Kind::kBool), 2))},
                 {.name = "g", .type = Option(Own(ResourceId(1)))}});
}

const std::vector<TypePtr>& Choices() {
  static const auto* const kChoices = new std::vector<TypePtr>{
      Everything(),  List(Everything()), P(Kind::kString),   P(Kind::kChar),
      P(Kind::kF32), P(Kind::kF64),      List(P(Kind::kU8)), Map(P(Kind::kU32), P(Kind::kString)),
  };
  return *kChoices;
}

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Type& type = *Choices()[data[0] % Choices().size()];
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

}  // namespace davit::types
