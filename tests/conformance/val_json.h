#ifndef DAVIT_TESTS_CONFORMANCE_VAL_JSON_H_
#define DAVIT_TESTS_CONFORMANCE_VAL_JSON_H_

#include <google/protobuf/struct.pb.h>

#include <string>

#include "absl/status/statusor.h"
#include "davit/v1/val.pb.h"

namespace davit::conformance {

// A component value as wast2json writes it: {"type": "u32", "value": "7"}.
// INVALID_ARGUMENT for what is no component value.
absl::StatusOr<v1::Val> ValFromJson(const google::protobuf::Value& json);

// The same value in the one form that can be compared byte by byte: plain lists, sorted flags.
v1::Val Normalized(const v1::Val& val);

// Whether two values are the same, floats by their bits.
bool SameVal(const v1::Val& a, const v1::Val& b);

// On one line, for messages.
std::string ValText(const v1::Val& val);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_VAL_JSON_H_
