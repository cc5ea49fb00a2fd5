// The project's own cases.

#include <gtest/gtest.h>

#include "tests/conformance/suite_check.h"

namespace davit::conformance {
namespace {

TEST(Conformance, OwnCases) { ExpectConforms("tests/conformance/cases", Listed::kNone); }

}  // namespace
}  // namespace davit::conformance
