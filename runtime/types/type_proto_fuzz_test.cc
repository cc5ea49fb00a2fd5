// Whatever bytes arrive as a World: they are refused, or the world can be shown, called by WAVE
// text and sent again as the same bytes.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "runtime/text/wave.h"
#include "runtime/text/wit_text.h"
#include "runtime/types/type_proto.h"

namespace davit {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  v1::World proto;
  if (!proto.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto world = types::FromProto(proto);
  if (!world.ok()) return 0;
  Require(!text::ToWit(*world).empty());
  for (const types::ExportedFunc& func : types::ExportedFuncs(*world)) {
    Require(!text::ToWit(*func.type).empty());
    (void)text::ParseWaveArgs("1, {a: 1}, some([(1, 2)]), \"x\"", func.type->params);
  }
  const auto again = types::ToProto(*world);
  Require(again.ok());
  const auto back = types::FromProto(*again);
  Require(back.ok());
  Require(types::ToProto(*back)->SerializeAsString() == again->SerializeAsString());
  return 0;
}

}  // namespace davit
