#ifndef DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_
#define DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_

#include <istream>

#include "runtime/binary/features.h"

namespace davit::conformance {

// The switches that the official suite is written for: every feature but those that no tool can
// write yet (values, nested and canonical names), shared threads, error-context and memory64.
binary::Features OfficialFeatures();

// How a script wants to be judged.
struct ScriptSettings {
  binary::Features features;
  bool validate_only = false;  // its components are not meant to be instantiated
  bool hogs_memory = false;    // it grows memories to their end
};

// What a script says of itself at its top; what it does not mention then has the default of the
// program that it was written for. One that says nothing belongs to the official suite.
//
//   ;;! component_model_map = true          wasmtime's suite
//   ;; RUN: wast % -f cm-map,-cm-async      wasm-tools' suite, which runs nothing
ScriptSettings SettingsOf(std::istream& script);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_
