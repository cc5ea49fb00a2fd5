// What the functions that ask most of V8's compilers cost, one for each kind of instruction, as
// large as davit admits them. See README.md.

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/error.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/store/store.h"
#include "runtime/wasm/core_encoder.h"
#include "tests/bench/files.h"

ABSL_FLAG(std::string, only, "", "kinds that have this in their name");
ABSL_FLAG(int, kind, -1, "the kind that this process measures (used by the program itself)");
ABSL_FLAG(uint32_t, count, 0, "how often its instructions stand in the function (likewise)");
ABSL_FLAG(bool, optimise, false, "whether it waits for optimised code (likewise)");
ABSL_FLAG(std::string, cache, "", "where code is saved (likewise)");

namespace davit::bench {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;
using std::string_literals::operator""s;

// Instructions that are repeated, in a function (param i32) with locals 1 (i32), 2 (f64) and 3
// (v128). Type 1 is ()->(), of the imported function 0; type 2
// (i32 x arity) -> (i32 x arity), of function 1.
struct Kind {
  std::string name;
  std::string before, code, after;
  uint32_t arity = 0;
};

std::string Times(std::string_view code, uint32_t count) {
  std::string all;
  for (uint32_t i = 0; i < count; ++i) all += code;
  return all;
}

std::vector<Kind> Kinds() {
  const std::string get = "\x20\x00"s, f64 = "\x20\x02"s, drop = "\x1a"s;
  const std::string operands = Times("\x20\x00"s, 1000), drops = Times("\x1a"s, 1000);
  return {
      {"i32.eqz", get, "\x45"s, drop},
      {"i32.rem_s", get, get + "\x6f"s, drop},
      {"i32.load", get, "\x28\x02\x00"s, drop},
      {"i32.store", "", get + get + "\x36\x02\x00"s, ""},
      {"f64.copysign", f64, f64 + "\xa6"s, drop},
      {"i64.trunc_f64_u", f64, "\xb1\xba"s, drop},
      {"i32.trunc_sat_f64_s", f64, "\xfc\x02\xb7"s, drop},
      {"i64.trunc_sat_f64_u", f64, "\xfc\x07\xba"s, drop},
      {"memory.grow", get, "\x40\x00"s, drop},
      {"memory.copy", "", get + get + get + "\xfc\x0a\x00\x00"s, ""},
      {"elem.drop", "", "\xfc\x0d\x00"s, ""},
      {"table.get", "", get + "\x25\x00\x1a"s, ""},
      {"i8x16.popcnt", "\x20\x03"s, "\xfd\x62"s, drop},
      {"call", "", "\x10\x00"s, ""},
      {"call_indirect", "", get + "\x11\x01\x00"s, ""},
      {"call of 1000 x 1000", operands, "\x10\x01"s, drops, 1000},
      {"loop", "", "\x03\x40\x0b"s, ""},
      {"if", "", get + "\x28\x02\x00\x04\x40\x20\x01\x45\x21\x01\x0b"s, ""},
      {"br_if", "\x02\x40"s, get + "\x28\x02\x00\x0d\x00"s, "\x0b"s},
      {"if, the same again", "", get + "\x04\x40\x20\x01\x45\x21\x01\x0b"s, ""},
      {"call, caught", "\x02\x40\x1f\x40\x01\x02\x00"s, "\x10\x00"s, "\x0b\x0b"s},
      {"block of 1000 x 1000", operands, "\x02\x02\x20\x00\x0d\x00\x0b"s, drops, 1000},
  };
}

CoreEncoder FuncType(std::string_view params, std::string_view results) {
  CoreEncoder type;
  type.Byte(0x60).Name(params).Name(results);
  return type;
}

std::string ModuleOf(const Kind& kind, uint32_t count) {
  const std::string values(kind.arity, '\x7f');
  CoreEncoder types, imports, funcs, tables, memories, exports, elements, bodies;
  types.U32(3).Append(FuncType("\x7f", "")).Append(FuncType("", ""));
  types.Append(FuncType(values, values));
  imports.U32(1).Name("").Name("").Bytes({0, 1});
  funcs.U32(2).U32(2).U32(0);
  tables.U32(1).Bytes({0x70, 0, 10});
  memories.U32(1).Bytes({0, 1});
  exports.U32(1).Name("run").Bytes({0, 2});
  elements.U32(1).Bytes({1, 0, 1, 0});
  // Called with 0 it returns at once, which no compiler can know.
  const std::string body = "\x03\x01\x7f\x01\x7c\x01\x7b\x20\x00\x45\x04\x40\x0f\x0b"s +
                           kind.before + Times(kind.code, count) + kind.after + "\x0b";
  // Too long to be put in the place of its calls.
  bodies.U32(2).Name("\0"s + Times("\x01"s, 1000) + "\0\x0b"s).Name(body);
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kImport, imports)
      .Section(CoreSectionId::kFunction, funcs)
      .Section(CoreSectionId::kTable, tables)
      .Section(CoreSectionId::kMemory, memories)
      .Section(CoreSectionId::kExport, exports)
      .Section(CoreSectionId::kElement, elements)
      .Section(CoreSectionId::kCode, bodies)
      .Take();
}

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// How often the instructions of a kind may stand in a function.
uint32_t MostOf(engine::Engine& engine, const Kind& kind) {
  uint32_t least = 1, most = 1 << 20;
  while (least < most) {
    const uint32_t middle = least + (most - least + 1) / 2;
    const absl::Status status = engine.Validate(Bytes(ModuleOf(kind, middle)));
    if (!status.ok() && !base::LimitOf(status).has_value()) WantOk(status);
    if (status.ok()) {
      least = middle;
    } else {
      most = middle - 1;
    }
  }
  return least;
}

class NoHost final : public engine::HostImports {
 public:
  absl::Status HostCall(uint32_t, engine::HostFrame&) override { return absl::OkStatus(); }
};

// Has the function compiled, and ends the process.
[[noreturn]] void CompileAndExit(const Kind& kind, uint32_t count, bool optimise,
                                 const std::string& cache) {
  const auto engine = engine::Engine::Start({.platform_threads = 1, .cache_dir = cache}).value();
  const auto module = engine->Compile(Bytes(ModuleOf(kind, count))).value();
  const auto shims =
      engine->CompileShims({.entries = {{.params = {types::CoreType::kI32}}}, .host_imports = {{}}})
          .value();
  const auto cell = engine->NewCell({}).value();
  NoHost host;
  {
    engine::CellLock lock(*cell);
    const auto store = engine::Store::Create(lock, {}, shims, host).value();
    const engine::Run run(lock, *store, absl::InfiniteFuture());
    const engine::ExternId import = store->HostFunc(lock, 0);
    const auto instance = store->Instantiate(lock, *module, {&import, 1}).value();
    const auto func = store->AddFunc(lock, *store->Export(lock, instance, "run"), 0).value();
    engine::CoreSlot slot = 0;
    WantOk(store->Call(lock, func, {&slot, 1}));
  }
  while (optimise && std::filesystem::is_empty(cache)) {
    absl::SleepFor(absl::Milliseconds(20));
    WantOk(engine->SaveCode());
  }
  _exit(0);
}

struct Cost {
  double seconds = 0;  // of the processor
  double megabytes = 0;
};

Cost Measure(const std::string& program, int kind, uint32_t count, bool optimise) {
  const std::string cache =
      absl::StrCat(std::filesystem::temp_directory_path().string(), "/compile_cost.", getpid());
  std::filesystem::create_directory(cache);
  std::filesystem::permissions(cache, std::filesystem::perms::owner_all);
  std::vector<std::string> arguments = {
      program, absl::StrCat("--kind=", kind), absl::StrCat("--count=", count),
      absl::StrCat("--optimise=", optimise), absl::StrCat("--cache=", cache)};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  rusage usage = {};
  if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv.data(), environ) == 0) {
    int status = 0;
    wait4(pid, &status, 0, &usage);
    if (status != 0) std::fprintf(stderr, "it ended with %d\n", status);
  }
  std::filesystem::remove_all(cache);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return {.seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
          .megabytes = static_cast<double>(usage.ru_maxrss) / 1024};
}

void Run(const std::string& program) {
  const auto engine = engine::Engine::Start({}).value();
  const std::vector<Kind> kinds = Kinds();
  std::printf("%-22s %9s %9s %21s %21s\n", "", "times", "bytes", "baseline code", "optimised");
  for (size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].name.find(absl::GetFlag(FLAGS_only)) == std::string::npos) continue;
    const uint32_t count = MostOf(*engine, kinds[i]);
    const Cost baseline = Measure(program, static_cast<int>(i), count, false);
    const Cost optimised = Measure(program, static_cast<int>(i), count, true);
    std::printf("%-22s %9u %9zu %9.2f s %6.0f MB %9.2f s %6.0f MB\n", kinds[i].name.c_str(), count,
                kinds[i].code.size() * count, baseline.seconds, baseline.megabytes,
                optimised.seconds, optimised.megabytes);
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  if (const int kind = absl::GetFlag(FLAGS_kind); kind >= 0) {
    davit::bench::CompileAndExit(davit::bench::Kinds()[static_cast<size_t>(kind)],
                                 absl::GetFlag(FLAGS_count), absl::GetFlag(FLAGS_optimise),
                                 absl::GetFlag(FLAGS_cache));
  }
  davit::bench::Run("/proc/self/exe");
}
