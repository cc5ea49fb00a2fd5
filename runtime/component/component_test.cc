#include "runtime/component/component.h"

#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/component/test_host.h"
#include "runtime/text/wit_text.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::Status CompileStatus(std::string_view guest) {
  return Component::Compile(TestEngine(), ReadGuest(guest)).status();
}

TEST(Compile, RefusesACoreModule) {
  EXPECT_THAT(CompileStatus("tests/guests/wat/core_module.wasm"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("core module")));
}

TEST(Compile, RefusesATruncatedBinaryAtAnyLength) {
  const std::string whole = *ReadGuest("tests/guests/wat/nested.wasm");
  for (size_t length = 0; length < whole.size(); length += 7) {
    auto part = std::make_shared<const std::string>(whole.substr(0, length));
    const auto component = Component::Compile(TestEngine(), std::move(part));
    // A cut between sections may leave a component, never a wrong one.
    if (!component.ok()) {
      EXPECT_THAT(component, StatusIs(absl::StatusCode::kInvalidArgument)) << length;
    }
  }
}

TEST(Compile, BoundsTheInstancesOfATree) {
  // 2^13 - 1 component instances within the doubled part, and 2^14 - 1.
  EXPECT_THAT(CompileStatus("runtime/component/doubling_12.wasm"), IsOk());
  const absl::Status status = CompileStatus("runtime/component/doubling_13.wasm");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(base::LimitOf(status), "inlined_instances");
}

TEST(Compile, StopsAtTheBudgetHoweverLargeTheTree) {
  EXPECT_THAT(CompileStatus("runtime/component/doubling_24.wasm"),
              StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(Compile, BoundsWhatIsMadeAgainForEachInstance) {
  for (const auto& [few, many, limit] :
       {std::tuple{"core_imports_100", "core_imports_300", "inlined_definitions"},
        std::tuple{"large_types_8", "large_types_20", "inlined_definitions"},
        std::tuple{"large_imports_8", "large_imports_20", "inlined_definitions"},
        std::tuple{"elements_10", "elements_11", "inlined_element_entries"},
        std::tuple{"long_names_5", "long_names_20", "inlined_name_bytes"}}) {
    EXPECT_THAT(CompileStatus(absl::StrCat("runtime/component/", few, ".wasm")), IsOk()) << few;
    EXPECT_EQ(base::LimitOf(CompileStatus(absl::StrCat("runtime/component/", many, ".wasm"))),
              limit)
        << many;
  }
}

absl::Status LinkModules(std::string_view exports) {
  const auto importer = CompileGuest("runtime/component/module_imports_1.wasm");
  const auto modules = CompileGuest(absl::StrCat("runtime/component/modules_", exports, ".wasm"));
  Component::Providers providers;
  for (const char* import : {"a", "b", "c", "d", "e"}) providers.emplace_back(import, modules);
  return Component::Compose(TestEngine(), importer, providers).status();
}

TEST(Compose, BoundsTheComparisonOfCoreModules) {
  EXPECT_THAT(LinkModules("4019"), IsOk());
  EXPECT_EQ(base::LimitOf(LinkModules("4020")), "linking_steps");
}

TEST(FindFunc, FindsExportsOfTheWorldAndOfInterfaces) {
  const auto calc = CompileGuest("examples/calc.wasm");
  const auto add = calc->FindFunc("bench:calc/api#add");
  ASSERT_THAT(add, IsOk());
  EXPECT_EQ(calc->name(*add), "bench:calc/api#add");
  EXPECT_EQ(text::ToWit(calc->type(*add)), "func(a: u32, b: u32) -> u32");
  EXPECT_THAT(CompileGuest("tests/guests/wat/nested.wasm")->FindFunc("first-next"), IsOk());
}

TEST(FindFunc, SaysWhatThereIsInstead) {
  EXPECT_THAT(CompileGuest("tests/guests/wat/nested.wasm")->FindFunc("third-next"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("first-next, second-next")));
}

TEST(FindFunc, NeedsAVersionWhereThereAreSeveral) {
  const auto versions = CompileGuest("tests/guests/wat/versions.wasm");
  EXPECT_THAT(versions->FindFunc("a:b/c#f"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("may be any of a:b/c@1.0.0#f, a:b/c@2.0.0#f")));
  EXPECT_THAT(versions->FindFunc("a:b/c@2.0.0#f"), IsOk());
  EXPECT_THAT(versions->FindFunc("a:b/d#f"), IsOk());
}

TEST(FindFunc, TakesATrackForAVersion) {
  const auto versions = CompileGuest("tests/guests/wat/versions.wasm");
  ASSERT_THAT(versions->FindFunc("a:b/c@2#f"), IsOk());
  EXPECT_EQ(versions->name(*versions->FindFunc("a:b/c@2#f")), "a:b/c@2.0.0#f");
  EXPECT_THAT(versions->FindFunc("a:b/c@3#f"), StatusIs(absl::StatusCode::kNotFound));
}

TEST(FindFunc, NeedsNoInterfaceWhereOneIsMeant) {
  const auto calc = CompileGuest("examples/calc.wasm");
  ASSERT_THAT(calc->FindFunc("add"), IsOk());
  EXPECT_EQ(calc->name(*calc->FindFunc("add")), "bench:calc/api#add");
  EXPECT_THAT(CompileGuest("tests/guests/wat/versions.wasm")->FindFunc("f"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("may be any of a:b/c@1.0.0#f, a:b/c@2.0.0#f, a:b/d")));
}

TEST(World, NamesEveryExportWithItsType) {
  std::vector<std::string> names;
  for (const auto& exported : CompileGuest("tests/guests/wat/nested.wasm")->world().exports) {
    names.push_back(exported.name);
  }
  EXPECT_THAT(names, ElementsAre("first-next", "second-next", "first-next-twice"));
}

}  // namespace
}  // namespace davit::component
