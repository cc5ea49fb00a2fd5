#ifndef DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_
#define DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_

#include "runtime/binary/features.h"

namespace davit::conformance {

// The switches that the official suite is written for: every feature but those that no tool can
// yet write (values, nested and canonical names), shared threads, error-context and memory64.
inline binary::Features SuiteFeatures() {
  return {
      .more_async_builtins = true,
      .async_stackful = true,
      .threading = true,
      .fixed_length_lists = true,
  };
}

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_SUITE_FEATURES_H_
