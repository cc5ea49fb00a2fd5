#include "tests/conformance/expectations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace davit::conformance {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Report Failures(const std::vector<uint32_t>& lines) {
  Report report;
  for (const uint32_t line : lines) {
    report.findings.push_back({"/suite/async/a.wast", line, "assert_trap", Fail("no trap")});
  }
  return report;
}

std::vector<std::string> Check(std::string_view list, const Report& report) {
  const auto expectations = Expectations::Parse(list);
  EXPECT_TRUE(expectations.ok()) << expectations.status();
  return expectations->Check(report, "/suite");
}

TEST(Expectations, AcceptListedLines) {
  EXPECT_THAT(Check("# why\nasync/a.wast:3  later\nasync/a.wast:5 later # too\n", Failures({3, 5})),
              IsEmpty());
}

TEST(Expectations, AcceptAllOfAListedFile) {
  EXPECT_THAT(Check("async/a.wast later", Failures({3, 5})), IsEmpty());
}

TEST(Expectations, AListedFileStillHasToValidate) {
  Report report = Failures({3});
  report.findings.push_back({"/suite/async/a.wast", 9, "assert_invalid", Fail("accepted")});
  EXPECT_THAT(Check("async/a.wast later", report),
              ElementsAre("/suite/async/a.wast:9: assert_invalid: accepted"));
}

TEST(Expectations, RefuseWhatIsNotListed) {
  EXPECT_THAT(Check("async/a.wast:3 later", Failures({3, 4})),
              ElementsAre("/suite/async/a.wast:4: assert_trap: no trap"));
}

TEST(Expectations, RefuseAnUnexpectedPass) {
  EXPECT_THAT(Check("async/a.wast:3 later\nasync/b.wast later", Failures({3})),
              ElementsAre(HasSubstr("async/b.wast: passes")));
}

TEST(Expectations, SkippedIsNeitherFailedNorExpected) {
  Report report;
  report.findings.push_back({"/suite/a.wast", 1, "assert_return", Skip("why")});
  EXPECT_THAT(Check("", report), IsEmpty());
}

TEST(Expectations, WantAReason) {
  EXPECT_EQ(Expectations::Parse("async/a.wast:3").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Expectations, WantAFile) {
  EXPECT_EQ(Expectations::Parse("everything later").status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace davit::conformance
