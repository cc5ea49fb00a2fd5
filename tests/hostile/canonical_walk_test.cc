// Values that one component passes to another, item by item, on a thread that is the guest's: a
// deadline ends that as it ends the guest.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

constexpr uint32_t kPages = 4096;

// Options of a lift or lower, one byte or two each.
constexpr std::string_view kUtf8("\x00", 1), kUtf16("\x01", 1), kLatin1OrUtf16("\x02", 1);
std::string Memory(uint32_t index) { return {'\x03', static_cast<char>(index)}; }
std::string Realloc(uint32_t index) { return {'\x04', static_cast<char>(index)}; }

struct Passing {
  std::string_view type;  // of a list's item; empty: a string
  std::string_view from = kUtf8, to = kUtf8;
};

// Defines the type and answers func(a: list<type>) or func(a: string).
uint32_t TakeType(ComponentBuilder& component, std::string_view item) {
  if (item.empty()) return component.FuncType({kStringType});
  const bool is_simple = item.size() == 1;
  std::string list(1, static_cast<char>(kListType));
  if (is_simple) {
    list += item;
  } else {
    list += static_cast<char>(component.Type(item));
  }
  return component.FuncType({ComponentBuilder::TypeRef(component.Type(list))});
}

// A component with `take`, which gives it all the same area.
std::string Taker(const Passing& passing) {
  ModuleBuilder module;
  module.Export("memory", Kind::kMemory, module.Memory({.min = kPages}));
  module.Export("take", Kind::kFunc, module.Func(module.FuncType({kI32, kI32}), {}));
  const uint32_t realloc = module.FuncType({kI32, kI32, kI32, kI32}, {kI32});
  module.Export("realloc", Kind::kFunc, module.Func(realloc, Code().I32(16)));
  ComponentBuilder component;
  const uint32_t instance = component.CoreInstance(component.CoreModule(module.Build()));
  const std::string options =
      absl::StrCat(std::string_view("\x03", 1), passing.to,
                   Memory(component.CoreExport(kCoreMemory, instance, "memory")),
                   Realloc(component.CoreExport(kCoreFunc, instance, "realloc")));
  const uint32_t take = component.CoreExport(kCoreFunc, instance, "take");
  const uint32_t type = TakeType(component, passing.type);
  component.Export("take", kFuncSort, component.Lift(take, type, options));
  return component.Take();
}

// A component whose `func` passes a list, or a string, of so many zeros to another one.
std::string Passer(const Passing& passing) {
  ModuleBuilder memory;
  memory.Export("memory", Kind::kMemory, memory.Memory({.min = kPages}));
  ModuleBuilder module;
  const uint32_t take = module.ImportFunc("other", "take", module.FuncType({kI32, kI32}));
  module.ExportMapping("func", Code().I32(16).Get(0).Call(take).Get(0));
  ComponentBuilder component;
  const uint32_t other = component.Instance(component.Component(Taker(passing)));
  const uint32_t taken = component.InstanceExport(kFuncSort, other, "take");
  const uint32_t holder = component.CoreInstance(component.CoreModule(memory.Build()));
  const std::string options =
      absl::StrCat(std::string_view("\x02", 1), passing.from,
                   Memory(component.CoreExport(kCoreMemory, holder, "memory")));
  const uint32_t lowered = component.Lower(taken, options);
  const uint32_t bundle = component.CoreBundle({{"take", kCoreFunc, lowered}});
  const uint32_t instance =
      component.CoreInstance(component.CoreModule(module.Build()), {{"other", bundle}});
  const uint32_t func = component.CoreExport(kCoreFunc, instance, "func");
  const uint32_t type = component.FuncType({kU32Type}, {kU32Type});
  component.Export("func", kFuncSort, component.Lift(func, type));
  return component.Take();
}

class CanonicalWalkTest : public HostileTest {
 protected:
  void EndsAtItsDeadline(const Passing& passing, uint32_t count) {
    EXPECT_THAT(Attack([&] {
                  const std::string instance = Instance(Passer(passing));
                  EXPECT_LE(
                      HoldsCellAfterDeadline(instance, "func",
                                             {.arg = count, .deadline = absl::Milliseconds(100)}),
                      kEnded);
                }),
                StaysWithin(Bounds{}));
  }
};

TEST_F(CanonicalWalkTest, OfBooleans) { EndsAtItsDeadline({.type = "\x7f"}, 250'000'000); }

TEST_F(CanonicalWalkTest, OfCharacters) { EndsAtItsDeadline({.type = "\x74"}, 65'000'000); }

TEST_F(CanonicalWalkTest, OfTuples) {
  EndsAtItsDeadline({.type = "\x6f\x02\x7f\x7f"}, 130'000'000);
}

TEST_F(CanonicalWalkTest, OfOptions) { EndsAtItsDeadline({.type = "\x6b\x7f"}, 130'000'000); }

TEST_F(CanonicalWalkTest, OfResults) {
  EndsAtItsDeadline({.type = std::string_view("\x6a\0\0", 3)}, 250'000'000);
}

TEST_F(CanonicalWalkTest, OfLists) {
  // list<list<bool>> of empty ones.
  EndsAtItsDeadline({.type = "\x70\x7f"}, 32'000'000);
}

TEST_F(CanonicalWalkTest, OfStrings) {
  for (const std::string_view from : {kUtf8, kUtf16, kLatin1OrUtf16}) {
    for (const std::string_view to : {kUtf8, kUtf16, kLatin1OrUtf16}) {
      EndsAtItsDeadline({.from = from, .to = to}, 120'000'000);
    }
  }
}

}  // namespace
}  // namespace davit::hostile
