#include "client/codegen/read_world.h"

#include <memory>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/binary/features.h"
#include "runtime/binary/validate/validate.h"
#include "runtime/link/inliner.h"

namespace davit::codegen {

absl::StatusOr<types::World> ReadWorld(std::string binary) {
  const binary::Features features;
  DAVIT_ASSIGN_OR_RETURN(
      const auto component,
      binary::Decode(std::make_shared<const std::string>(std::move(binary)), features));
  DAVIT_RETURN_IF_ERROR(binary::Validate(*component, features, nullptr));
  DAVIT_ASSIGN_OR_RETURN(link::InlinedComponent inlined, link::Inline(*component));
  return std::move(inlined.world);
}

}  // namespace davit::codegen
