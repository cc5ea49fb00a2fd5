#ifndef DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_
#define DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_

#include <istream>

#include "runtime/binary/features.h"

namespace davit::conformance {

// The switches that the official suite is written for: every feature but those that no tool can
// write yet (values, nested and canonical names), shared threads, error-context and memory64.
binary::Features OfficialFeatures();

// The switches that a script asks for. In wasmtime's suite it says so at its top, in lines such as
// ";;! component_model_map = true": what is not mentioned then has wasmtime's default. A script
// without such lines belongs to the official suite.
binary::Features FeaturesOf(std::istream& script);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_
