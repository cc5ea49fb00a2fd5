#include "client/codegen/host_bindings.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/log/absl_check.h"
#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "client/codegen/read_world.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/types/type.h"
#include "runtime/types/world.h"

namespace davit::codegen {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  ABSL_CHECK(file.good()) << "no such file: " << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

HostBindingsOptions KindsOptions() {
  return {.root_namespace = "davit::codegen::test",
          .include_dir = "client/codegen",
          .interfaces = {"test:kinds/base", "test:kinds/everything"},
          .waiting = {"test:kinds/everything#[method]counter.wait", "test:kinds/everything#later"}};
}

// To change what is expected, copy bazel-bin/client/codegen/kinds_* over the files of testdata.
TEST(GenerateHostBindings, WritesWhatItAlwaysWrote) {
  const auto world = ReadWorld(ReadFile("client/codegen/kinds_world.wasm"));
  ASSERT_THAT(world, IsOk());
  const auto files = GenerateHostBindings(*world, KindsOptions());
  ASSERT_THAT(files, IsOk());
  ASSERT_EQ(files->size(), 4u);
  for (const GeneratedFile& file : *files) {
    EXPECT_EQ(file.text, ReadFile(absl::StrCat("client/codegen/testdata/", file.name, ".golden")))
        << file.name;
  }
}

// ---- What it refuses ----

types::Extern Func(std::string name, types::FuncType type) {
  return {.name = std::move(name), .item = types::MakeItem(std::move(type))};
}
types::Extern Type(std::string name, types::TypePtr type) {
  return {.name = std::move(name), .item = types::MakeItem(std::move(type))};
}
types::Extern Interface(std::string name, std::vector<types::Extern> items) {
  return {.name = std::move(name),
          .item = types::MakeItem(types::Instance{.items = std::move(items)})};
}

absl::Status Refusal(std::vector<types::Extern> imports, HostBindingsOptions options) {
  const types::World world{.imports = std::move(imports), .exports = {}};
  options.root_namespace = "test";
  return GenerateHostBindings(world, options).status();
}

absl::Status RefusalOf(types::FuncType type) {
  return Refusal({Interface("a:b/c", {Func("f", std::move(type))})}, {.interfaces = {"a:b/c"}});
}

TEST(GenerateHostBindings, CannotOfferWhatHasNoCppTypeYet) {
  const types::TypePtr u8 = types::Primitive(types::Kind::kU8);
  EXPECT_THAT(RefusalOf({.params = {{"p", types::Stream(u8)}}, .result = nullptr}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("stream")));
  EXPECT_THAT(RefusalOf({.params = {}, .result = types::Option(types::Future(nullptr))}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("future")));
  EXPECT_THAT(RefusalOf({.params = {}, .result = types::FixedList(u8, 3)}),
              StatusIs(absl::StatusCode::kUnimplemented));
  EXPECT_THAT(RefusalOf({.params = {}, .result = nullptr, .is_async = true}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("a:b/c#f")));
}

TEST(GenerateHostBindings, KnowsTheInterfacesAskedFor) {
  const auto interface = [](std::string name) { return Interface(std::move(name), {}); };
  EXPECT_THAT(Refusal({interface("a:b/c@1.0.0")}, {.interfaces = {"a:b/c"}}), IsOk());
  EXPECT_THAT(Refusal({interface("a:b/c@1.0.0")}, {.interfaces = {"a:b/d"}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("a:b/d")));
  EXPECT_THAT(
      Refusal({interface("a:b/c@1.0.0"), interface("a:b/c@2.0.0")}, {.interfaces = {"a:b/c"}}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("several versions")));
  EXPECT_THAT(Refusal({interface("a:b/c@1.0.0"), interface("a:b/c@2.0.0")},
                      {.interfaces = {"a:b/c@2.0.0"}}),
              IsOk());
  EXPECT_THAT(Refusal({interface("a:b/c"), interface("x:b/c")}, {.interfaces = {"a:b/c", "x:b/c"}}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("b_c")));
}

TEST(GenerateHostBindings, KnowsTheFunctionsThatWait) {
  const std::vector<types::Extern> imports = {Interface("a:b/c@1.0.0", {Func("f", {})})};
  EXPECT_THAT(Refusal(imports, {.interfaces = {"a:b/c"}, .waiting = {"a:b/c#f"}}), IsOk());
  EXPECT_THAT(Refusal(imports, {.interfaces = {"a:b/c"}, .waiting = {"a:b/c#g"}}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("a:b/c#g")));
}

TEST(GenerateHostBindings, NeedsTheInterfacesThatOthersUseTypesOf) {
  const types::TypePtr color = types::Enum({"red", "blue"});
  const std::vector<types::Extern> imports = {
      Interface("a:b/colors", {Type("color", color)}),
      Interface("a:b/paint", {Type("color", color), Func("paint", {.params = {{"color", color}}})}),
  };
  EXPECT_THAT(Refusal(imports, {.interfaces = {"a:b/colors", "a:b/paint"}}), IsOk());
  EXPECT_THAT(Refusal(imports, {.interfaces = {"a:b/paint"}}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("a:b/paint uses types of a:b/colors")));
}

}  // namespace
}  // namespace davit::codegen
