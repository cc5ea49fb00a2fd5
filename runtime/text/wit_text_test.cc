#include "runtime/text/wit_text.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/limits.h"

extern char** environ;

namespace davit::text {
namespace {

types::TypePtr P(types::Kind kind) { return types::Primitive(kind); }

const types::TypePtr kU8 = P(types::Kind::kU8);
const types::TypePtr kU32 = P(types::Kind::kU32);
const types::TypePtr kString = P(types::Kind::kString);
constexpr types::ResourceId kBlob(1);

types::Extern Func(std::string name, std::vector<types::Param> params, types::TypePtr result) {
  return {.name = std::move(name),
          .item = types::MakeItem(
              types::FuncType{.params = std::move(params), .result = std::move(result)})};
}

types::Extern Named(std::string name, types::TypePtr type) {
  return {.name = std::move(name), .item = types::MakeItem(std::move(type))};
}

types::Extern Resource(std::string name, types::ResourceId id) {
  return {.name = std::move(name), .item = types::MakeItem(id)};
}

types::Extern Interface(std::string name, std::vector<types::Extern> items) {
  return {.name = std::move(name),
          .item = types::MakeItem(types::Instance{.items = std::move(items)})};
}

constexpr char kWasmTools[] = "/usr/bin/wasm-tools";

// Whether `wasm-tools component wit` takes `text` for WIT.
bool Parses(const std::string& text) {
  const std::string file = testing::TempDir() + "/text.wit";
  std::ofstream(file) << text;
  const std::vector<std::string> args = {kWasmTools, "component", "wit", file, "-o", "/dev/null"};
  std::vector<char*> argv;
  argv.reserve(args.size() + 1);
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  int status = -1;
  if (posix_spawn(&child, kWasmTools, nullptr, nullptr, argv.data(), environ) != 0) return false;
  return waitpid(child, &status, 0) == child && status == 0;
}

void ExpectWit(const types::World& world, const std::string& wit) {
  EXPECT_EQ(ToWit(world), wit);
  if (access(kWasmTools, X_OK) != 0) return;
  EXPECT_TRUE(Parses(wit)) << wit;
}

TEST(ToWitType, WritesExpressions) {
  EXPECT_EQ(ToWit(*kU8), "u8");
  EXPECT_EQ(ToWit(*types::List(types::Option(kString))), "list<option<string>>");
  EXPECT_EQ(ToWit(*types::FixedList(kU8, 4)), "list<u8, 4>");
  EXPECT_EQ(ToWit(*types::Tuple({kU8, kString})), "tuple<u8, string>");
  EXPECT_EQ(ToWit(*types::Map(kString, kU8)), "map<string, u8>");
  EXPECT_EQ(ToWit(*types::Result(kU8, kString)), "result<u8, string>");
  EXPECT_EQ(ToWit(*types::Result(kU8, nullptr)), "result<u8>");
  EXPECT_EQ(ToWit(*types::Result(nullptr, kU8)), "result<_, u8>");
  EXPECT_EQ(ToWit(*types::Result(nullptr, nullptr)), "result");
  EXPECT_EQ(ToWit(*types::Stream(kU8)), "stream<u8>");
  EXPECT_EQ(ToWit(*types::Future(nullptr)), "future");
  EXPECT_EQ(ToWit(*P(types::Kind::kErrorContext)), "error-context");
}

TEST(ToWitType, WritesOutWhatHasNoName) {
  EXPECT_EQ(ToWit(*types::Record({{.name = "a", .type = kU8}, {.name = "type", .type = kU8}})),
            "record { a: u8, %type: u8 }");
  EXPECT_EQ(ToWit(*types::Variant({{.name = "a", .type = kU8}, {.name = "b", .type = nullptr}})),
            "variant { a(u8), b }");
  EXPECT_EQ(ToWit(*types::List(types::Enum({"a", "b"}))), "list<enum { a, b }>");
  EXPECT_EQ(ToWit(*types::Flags({"a"})), "flags { a }");
  EXPECT_EQ(ToWit(*types::Own(types::ResourceId(7))), "resource-7");
  EXPECT_EQ(ToWit(*types::Borrow(types::ResourceId(7))), "borrow<resource-7>");
}

TEST(ToWitType, IsCutWhenTooLong) {
  types::TypePtr type = kString;
  for (int i = 0; i < 60; ++i) type = types::Tuple({type, type});
  const std::string text = ToWit(*type);
  EXPECT_LT(text.size(), kMaxWitBytes + 10'000);
  EXPECT_TRUE(text.ends_with("// The rest is too long to be shown.\n"));
}

TEST(ToWitFunction, WritesParamsResultAndAsync) {
  EXPECT_EQ(ToWit(types::FuncType{}), "func()");
  const types::FuncType type = {
      .params = {{.name = "a", .type = kU8}, {.name = "list", .type = kString}},
      .result = kU8,
      .is_async = true};
  EXPECT_EQ(ToWit(type), "async func(a: u8, %list: string) -> u8");
}

TEST(ToWitWorld, WritesFunctions) {
  ExpectWit({.imports = {Func("log", {{.name = "text", .type = kString}}, nullptr)},
             .exports = {Func("run", {}, kU32)}},
            R"(package root:component;

world root {
  import log: func(text: string);
  export run: func() -> u32;
}
)");
}

TEST(ToWitWorld, NamesTypesAsTheirInterfaceDoes) {
  const types::TypePtr point =
      types::Record({{.name = "x", .type = kU32}, {.name = "y", .type = kU32}});
  const types::TypePtr shape =
      types::Variant({{.name = "empty", .type = nullptr}, {.name = "at", .type = point}});
  const types::TypePtr points = types::List(point);
  ExpectWit(
      {.exports = {Interface(
           "bench:calc/api@1.0.0",
           {Named("point", point), Named("shape", shape),
            Named("color", types::Enum({"red", "type"})),
            Named("perms", types::Flags({"read", "write"})), Named("points", points),
            Named("size", kU32), Named("other-point", point),
            Func("draw", {{.name = "shape", .type = shape}, {.name = "n", .type = kU32}}, points),
            // Equal, but made anew, as when types are substituted.
            Func("origin", {},
                 types::Record({{.name = "x", .type = kU32}, {.name = "y", .type = kU32}}))})}},
      R"(package root:component;

world root {
  export bench:calc/api@1.0.0;
}

package bench:calc@1.0.0 {
  interface api {
    record point {
      x: u32,
      y: u32,
    }
    variant shape {
      empty,
      at(point),
    }
    enum color {
      red,
      %type,
    }
    flags perms {
      read,
      write,
    }
    type points = list<point>;
    type size = u32;
    type other-point = point;
    draw: func(shape: shape, n: u32) -> points;
    origin: func() -> point;
  }
}
)");
}

TEST(ToWitWorld, WritesResourcesWithTheirFunctions) {
  const types::Param self = {.name = "self", .type = types::Borrow(kBlob)};
  const types::TypePtr bytes = types::List(kU8);
  ExpectWit({.imports = {Interface(
                 "a:b/store",
                 {Resource("blob", kBlob), Resource("handle", types::ResourceId(2)),
                  Func("[constructor]blob", {{.name = "init", .type = bytes}}, types::Own(kBlob)),
                  Func("[method]blob.read", {self, {.name = "n", .type = kU32}}, bytes),
                  Func("[static]blob.merge", {{.name = "a", .type = types::Borrow(kBlob)}},
                       types::Own(kBlob)),
                  Func("take", {{.name = "blob", .type = types::Own(kBlob)}},
                       types::Own(types::ResourceId(2)))})}},
            R"(package root:component;

world root {
  import a:b/store;
}

package a:b {
  interface store {
    resource blob {
      constructor(init: list<u8>);
      read: func(n: u32) -> list<u8>;
      merge: static func(a: borrow<blob>) -> blob;
    }
    resource handle;
    take: func(blob: blob) -> handle;
  }
}
)");
}

TEST(ToWitWorld, WritesTheResultOfAConstructorThatCanFail) {
  const types::World world = {
      .imports = {Interface(
          "a:b/c", {Resource("blob", kBlob),
                    Func("[constructor]blob", {}, types::Result(types::Own(kBlob), kU8))})}};
  EXPECT_NE(ToWit(world).find("      constructor() -> result<blob, u8>;\n"), std::string::npos);
}

TEST(ToWitWorld, UsesTypesOfOtherInterfaces) {
  const types::TypePtr point = types::Record({{.name = "x", .type = kU32}});
  ExpectWit({.imports = {Interface("wasi:io/error@0.2.3",
                                   {Resource("error", kBlob), Named("point", point)}),
                         // Its own names for two of them.
                         Interface("wasi:io/streams@0.2.3",
                                   {Resource("error", kBlob), Named("place", point),
                                    Func("last", {}, types::Own(kBlob)), Func("where", {}, point)}),
                         // No names of its own.
                         Interface("other:pkg/api",
                                   {Func("f", {}, types::Result(point, types::Own(kBlob)))})},
             .exports = {Func("main", {}, types::Own(kBlob))}},
            R"(package root:component;

world root {
  use wasi:io/error@0.2.3.{error};

  import wasi:io/error@0.2.3;
  import wasi:io/streams@0.2.3;
  import other:pkg/api;
  export main: func() -> error;
}

package wasi:io@0.2.3 {
  interface error {
    resource error;
    record point {
      x: u32,
    }
  }
  interface streams {
    use error.{error, point as place};

    last: func() -> error;
    where: func() -> place;
  }
}

package other:pkg {
  interface api {
    use wasi:io/error@0.2.3.{point, error};

    f: func() -> result<point, error>;
  }
}
)");
}

TEST(ToWitWorld, RenamesAUsedTypeWhoseNameIsTaken) {
  const types::TypePtr point = types::Record({{.name = "x", .type = kU32}});
  const types::World world = {
      .imports = {
          Interface("a:b/first", {Named("point", point)}),
          Interface("a:b/second", {Named("point", types::Enum({"a"})), Func("f", {}, point)})}};
  const std::string text = ToWit(world);
  EXPECT_NE(text.find("use first.{point as point-n2};"), std::string::npos) << text;
  EXPECT_NE(text.find("f: func() -> point-n2;"), std::string::npos) << text;
  EXPECT_TRUE(access(kWasmTools, X_OK) != 0 || Parses(text));
}

TEST(ToWitWorld, MergesAnInterfaceThatIsImportedAndExported) {
  const types::ResourceId exported(2);
  ExpectWit(
      {.imports = {Interface("a:b/c", {Resource("blob", kBlob), Func("f", {}, types::Own(kBlob))})},
       .exports = {Interface("a:b/c",
                             {Resource("blob", exported), Func("f", {}, types::Own(exported)),
                              Func("g", {}, types::Own(exported))})}},
      R"(package root:component;

world root {
  import a:b/c;
  export a:b/c;
}

package a:b {
  interface c {
    resource blob;
    f: func() -> blob;
    g: func() -> blob;
  }
}
)");
}

TEST(ToWitWorld, WritesInterfacesOfPlainNamesInPlace) {
  const types::TypePtr point = types::Record({{.name = "x", .type = kU32}});
  ExpectWit({.imports = {Interface("list", {Named("point", point), Func("f", {}, point)})}},
            R"(package root:component;

world root {
  import %list: interface {
    record point {
      x: u32,
    }
    f: func() -> point;
  }
}
)");
}

TEST(ToWitWorld, DefinesItsOwnTypes) {
  const types::TypePtr point = types::Record({{.name = "x", .type = kU32}});
  ExpectWit({.imports = {Named("point", point), Func("f", {}, point)},
             .exports = {Named("point", point), Func("g", {}, point)}},
            R"(package root:component;

world root {
  record point {
    x: u32,
  }
  import f: func() -> point;
  export g: func() -> point;
}
)");
}

TEST(ToWitWorld, MentionsWhatWitCannotExpress) {
  ExpectWit({.imports = {{.name = "m", .item = types::MakeItem(types::Opaque::kCoreModule)},
                         {.name = "unlocked-dep=<a:b>",
                          .item = types::MakeItem(types::Opaque::kComponent)},
                         Interface("a:b/c/d", {})},
             .exports = {Interface("a:b/c", {Interface("nested", {})}), Func("run", {}, nullptr)}},
            R"(package root:component;

world root {
  // import m: core module
  // import unlocked-dep=<a:b>: component
  // import a:b/c/d: instance
  export a:b/c;
  export run: func();
}

package a:b {
  interface c {
    // nested: instance
  }
}
)");
}

TEST(ToWitWorld, IsCutWhenTooLong) {
  types::World world;
  for (uint32_t i = 0; i < 2000; ++i) {
    world.exports.push_back(Interface("a:b/i" + std::to_string(i), {}));
  }
  types::TypePtr type = kString;
  for (int i = 0; i < 15; ++i) type = types::Tuple({type, type});
  const std::vector<types::Extern> items(base::kMaxWorldItems / 1000, Func("f", {}, type));
  for (uint32_t i = 0; i < 2000; ++i) {
    world.exports.push_back(Interface("a:b/i" + std::to_string(i), items));
  }
  const std::string text = ToWit(world);
  EXPECT_LT(text.size(), kMaxWitBytes + 10'000);
  EXPECT_TRUE(text.ends_with("// The rest is too long to be shown.\n"));
}

TEST(ToWitWorld, SaysWhenItemsAreMissing) {
  const std::vector<types::Extern> items(1000, Func("f", {}, nullptr));
  types::World world;
  for (uint32_t i = 0; i < base::kMaxWorldItems / 1000 + 1; ++i) {
    world.exports.push_back(Interface("a:b/c", items));
  }
  EXPECT_TRUE(ToWit(world).ends_with("// The rest is too long to be shown.\n"));
  world.exports.resize(base::kMaxWorldItems / 1000 - 1);
  EXPECT_TRUE(ToWit(world).ends_with("  }\n}\n"));
}

TEST(ToWitWorld, ParsesWithWasmTools) {
  if (access(kWasmTools, X_OK) != 0) GTEST_SKIP() << kWasmTools << " is not installed";
  EXPECT_TRUE(Parses("package a:b; world w {}"));
  EXPECT_FALSE(Parses("package a:b; world w {"));
}

}  // namespace
}  // namespace davit::text
