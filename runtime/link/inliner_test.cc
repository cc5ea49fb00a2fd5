#include "runtime/link/inliner.h"

#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/link/test_link.h"

namespace davit::link {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

template <typename Kind>
size_t CountSteps(const Program& program) {
  size_t count = 0;
  for (const Step& step : program.steps) count += std::holds_alternative<Kind>(step) ? 1 : 0;
  return count;
}

std::vector<std::string> NamesOf(const std::vector<ExportedFunc>& exports) {
  std::vector<std::string> names;
  for (const ExportedFunc& exported : exports) names.push_back(exported.name);
  return names;
}

// ---- What is made once ----

TEST(Inline, MakesWhatHasTheSameNameOnce) {
  const auto linked = Link("sharing");
  ASSERT_THAT(linked, IsOk());
  const Program& program = linked->program;
  EXPECT_THAT(program.modules, SizeIs(2)) << "of three instantiations";
  EXPECT_EQ(CountSteps<InstantiateModule>(program), 3);
  EXPECT_EQ(CountSteps<ResolveMemory>(program), 1) << "of four canonical definitions";
  EXPECT_THAT(program.options, SizeIs(2)) << "with realloc and without";
  EXPECT_EQ(linked->LiftOf("a").options, linked->LiftOf("b").options);
  EXPECT_EQ(linked->LiftOf("a").plan, program.imports[0].plan) << "of the same function type";
  EXPECT_THAT(program.crossings.entries, SizeIs(2)) << "realloc, and (i32 i32) of both lifts";
}

TEST(Inline, KeepsCoreInstancesOfOneModuleApart) {
  const auto linked = Link("sharing");
  ASSERT_THAT(linked, IsOk());
  EXPECT_NE(linked->LiftOf("a").callee, linked->LiftOf("b").callee);
  EXPECT_THAT(linked->program.host_imports, SizeIs(2)) << "each lower is a function of its own";
}

TEST(Inline, NamesModulesOfTheBinary) {
  const auto linked = Link("sharing");
  ASSERT_THAT(linked, IsOk());
  const std::string& bytes = *linked->components[0]->bytes;
  for (const binary::CoreModule* module : linked->program.modules) {
    EXPECT_GE(reinterpret_cast<const char*>(module->bytes.data()), bytes.data());
    EXPECT_LT(reinterpret_cast<const char*>(module->bytes.data()), bytes.data() + bytes.size());
  }
}

// ---- Nested components ----

TEST(Inline, EvaluatesANestedComponentForEachInstance) {
  const auto linked = Link("nesting");
  ASSERT_THAT(linked, IsOk());
  const Program& program = linked->program;
  EXPECT_THAT(program.instances, SizeIs(4));
  EXPECT_EQ(program.instances[0].path, "");
  EXPECT_EQ(program.instances[1].path, ".0");
  EXPECT_EQ(program.instances[3].path, ".2");
  ASSERT_THAT(program.resources, SizeIs(2)) << "a type for each instance of the maker";
  EXPECT_NE(program.resources[0].instance, program.resources[1].instance);
  EXPECT_THAT(NamesOf(program.exports), ElementsAre("first#make", "second#make", "run"));
}

TEST(Inline, ACallBetweenSiblingsEntersTheCalleeOnly) {
  const auto linked = Link("nesting");
  ASSERT_THAT(linked, IsOk());
  // The user's core module is the third, after those of two makers.
  const HostImport& make = linked->HostImportOf(2, 0);
  EXPECT_EQ(make.caller, InstanceIndex(3));
  const auto& call = std::get<CallLift>(make.action);
  EXPECT_THAT(call.entering, ElementsAre(InstanceIndex(1))) << "not their parent";
  EXPECT_FALSE(call.reenters);
  EXPECT_EQ(call.lift, std::get<LiftIndex>(linked->Export("first#make")));
  EXPECT_THAT(linked->LiftOf("first#make").entering,
              ElementsAre(InstanceIndex(1), InstanceIndex(0)))
      << "by the host";
}

TEST(Inline, ResourcesThatAreGivenAreThoseOfTheGiver) {
  const auto linked = Link("nesting");
  ASSERT_THAT(linked, IsOk());
  const auto& drop = std::get<ResourceBuiltin>(linked->HostImportOf(2, 1).action);
  EXPECT_EQ(linked->program.resources[drop.resource.value].instance, InstanceIndex(1));
  EXPECT_THAT(drop.entering, ElementsAre(InstanceIndex(1)));
}

// ---- Imports of the world ----

TEST(Inline, ListsWhatTheWorldImportsByInterface) {
  const auto linked = Link("imports");
  ASSERT_THAT(linked, IsOk());
  const Program& program = linked->program;
  ASSERT_THAT(program.imports, SizeIs(2));
  EXPECT_EQ(program.imports[0].interface, "");
  EXPECT_EQ(program.imports[0].name, "now");
  EXPECT_EQ(program.imports[1].interface, "acme:store/kv@1.2.0");
  EXPECT_EQ(program.imports[1].name, "open");
  ASSERT_THAT(program.resources, SizeIs(1));
  EXPECT_EQ(program.resources[0].name, "bucket");
  EXPECT_FALSE(program.resources[0].instance.has_value()) << "it is the host's";
  ASSERT_THAT(program.imported_aliases, SizeIs(1));
  EXPECT_EQ(program.imported_aliases[0].name, "alias");
  ASSERT_THAT(program.unlinked_modules, SizeIs(1));
  EXPECT_EQ(program.unlinked_modules[0].name, "code");
  EXPECT_THAT(program.imported_instances, SizeIs(1));
}

// ---- Providers ----

TEST(Inline, AProviderSatisfiesImportsOfACompatibleVersion) {
  const auto linked = Link("consumer", {{"acme:math/ops@1.2.0", "provider"}});
  ASSERT_THAT(linked, IsOk());
  EXPECT_THAT(linked->program.imports, IsEmpty());
  EXPECT_THAT(linked->world.imports, IsEmpty());
  EXPECT_EQ(linked->LiftOf("go").instance, InstanceIndex(1)) << "the first sibling";
  EXPECT_THAT(NamesOf(linked->program.exports), ElementsAre("go")) << "of the component alone";
}

TEST(Inline, AProviderOfAnotherTypeIsRefusedByThePathOfTheItem) {
  EXPECT_THAT(
      Link("odd_consumer", {{"acme:math/ops@1.2.0", "provider"}}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("acme:math/ops@1.2.0#twice")));
}

TEST(Inline, AProviderThatNothingImportsIsRefused) {
  EXPECT_THAT(Link("imports", {{"acme:other/thing", "provider"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("nothing imports \"acme:other/thing\"")));
}

TEST(Inline, AProviderWithoutTheWantedExportIsRefused) {
  EXPECT_THAT(Link("imports", {{"now", "provider"}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("does not export it")));
}

// ---- Virtualisation ----

TEST(Inline, AnImportAnsweredInsideDoesNotReachTheWorld) {
  const auto linked = Link("virtual");
  ASSERT_THAT(linked, IsOk());
  ASSERT_THAT(linked->program.imports, SizeIs(1)) << "of the one that is let through";
  const InstanceIndex virtualised = linked->LiftOf("virtual").instance;
  for (const HostImport& import : linked->program.host_imports) {
    const bool is_inside = std::holds_alternative<CallLift>(import.action);
    EXPECT_EQ(is_inside, import.caller == virtualised);
    EXPECT_EQ(!is_inside, std::holds_alternative<CallImport>(import.action));
  }
}

}  // namespace
}  // namespace davit::link
