#ifndef DAVIT_RUNTIME_TYPES_TYPE_PROTO_H_
#define DAVIT_RUNTIME_TYPES_TYPE_PROTO_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "proto/davit/v1/type.pb.h"
#include "runtime/types/world.h"

// Worlds in their wire form, with a table of types that refer to each other by index. Types that
// share a TypePtr share an index, and again a TypePtr when they come back.
namespace davit::types {

// Both directions refuse worlds beyond these: instances may be shared, so that a small component
// can describe a very large world, and a peer may send anything.
inline constexpr uint64_t kMaxWorldBytes = 16u << 20;  // counted in the wire form, about
inline constexpr uint32_t kMaxInstanceNesting = 20;

// `world` without its WIT text. base::LimitError "world_bytes" or "world_nesting" beyond the
// limits.
absl::StatusOr<v1::World> ToProto(const World& world);

// Accepts any message, trusted or not. base::ArgumentError with the path of what breaks a rule
// ("world.types[3].option: want an index below 3, got 7"): references point backwards in the table,
// every part is there, and sizes, depths and counts are within base/limits.h.
absl::StatusOr<World> FromProto(const v1::World& proto);

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_TYPE_PROTO_H_
