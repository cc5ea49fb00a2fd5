#include "tests/hostile/random_module.h"

#include <algorithm>
#include <array>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using wasm::Opcode;
using Types = ModuleBuilder::Types;

// What follows an instruction, and what its operands must be like so that it does not trap.
enum class Extra : uint8_t {
  kNone,
  kDivides,  // the last operand may not be 0
  kLane,     // one of `count`
  kLanes,    // 16 of 32
  kBytes16,
  kMemory,  // an address first; an alignment, perhaps a memory, and an offset follow
  kMemoryLane,
  kAtomic,  // likewise, aligned
};

// Neighbouring opcodes with the same operands: "ii:i" takes two i32 and makes one. I is i64, f and
// d are floats, v is a vector, a the type of the memory's addresses. `count` is of lanes, or the
// exponent of the access.
struct Range {
  Opcode first, last;
  std::string_view signature;
  Extra extra = Extra::kNone;
  uint8_t count = 0;
};

constexpr Opcode Simd(uint32_t index) { return 0xfd'0000 + index; }
constexpr Opcode Bulk(uint32_t index) { return 0xfc'0000 + index; }
constexpr Opcode Atomic(uint32_t index) { return 0xfe'0000 + index; }

constexpr Range kRanges[] = {
    {0x45, 0x45, "i:i"},
    {0x46, 0x4f, "ii:i"},
    {0x50, 0x50, "I:i"},
    {0x51, 0x5a, "II:i"},
    {0x5b, 0x60, "ff:i"},
    {0x61, 0x66, "dd:i"},
    {0x67, 0x69, "i:i"},
    {0x6a, 0x6c, "ii:i"},
    {0x6d, 0x70, "ii:i", Extra::kDivides},
    {0x71, 0x78, "ii:i"},
    {0x79, 0x7b, "I:I"},
    {0x7c, 0x7e, "II:I"},
    {0x7f, 0x82, "II:I", Extra::kDivides},
    {0x83, 0x8a, "II:I"},
    {0x8b, 0x91, "f:f"},
    {0x92, 0x98, "ff:f"},
    {0x99, 0x9f, "d:d"},
    {0xa0, 0xa6, "dd:d"},
    {0xa7, 0xa7, "I:i"},
    {0xac, 0xad, "i:I"},
    {0xb2, 0xb3, "i:f"},
    {0xb4, 0xb5, "I:f"},
    {0xb6, 0xb6, "d:f"},
    {0xb7, 0xb8, "i:d"},
    {0xb9, 0xba, "I:d"},
    {0xbb, 0xbb, "f:d"},
    {0xbc, 0xbc, "f:i"},
    {0xbd, 0xbd, "d:I"},
    {0xbe, 0xbe, "i:f"},
    {0xbf, 0xbf, "I:d"},
    {0xc0, 0xc1, "i:i"},
    {0xc2, 0xc4, "I:I"},
    {Bulk(0), Bulk(1), "f:i"},
    {Bulk(2), Bulk(3), "d:i"},
    {Bulk(4), Bulk(5), "f:I"},
    {Bulk(6), Bulk(7), "d:I"},
    // Loads and stores.
    {0x28, 0x28, "a:i", Extra::kMemory, 2},
    {0x29, 0x29, "a:I", Extra::kMemory, 3},
    {0x2a, 0x2a, "a:f", Extra::kMemory, 2},
    {0x2b, 0x2b, "a:d", Extra::kMemory, 3},
    {0x2c, 0x2d, "a:i", Extra::kMemory, 0},
    {0x2e, 0x2f, "a:i", Extra::kMemory, 1},
    {0x30, 0x31, "a:I", Extra::kMemory, 0},
    {0x32, 0x33, "a:I", Extra::kMemory, 1},
    {0x34, 0x35, "a:I", Extra::kMemory, 2},
    {0x36, 0x36, "ai:", Extra::kMemory, 2},
    {0x37, 0x37, "aI:", Extra::kMemory, 3},
    {0x38, 0x38, "af:", Extra::kMemory, 2},
    {0x39, 0x39, "ad:", Extra::kMemory, 3},
    {0x3a, 0x3a, "ai:", Extra::kMemory, 0},
    {0x3b, 0x3b, "ai:", Extra::kMemory, 1},
    {0x3c, 0x3c, "aI:", Extra::kMemory, 0},
    {0x3d, 0x3d, "aI:", Extra::kMemory, 1},
    {0x3e, 0x3e, "aI:", Extra::kMemory, 2},
    // Vectors.
    {Simd(0x00), Simd(0x00), "a:v", Extra::kMemory, 4},
    {Simd(0x01), Simd(0x06), "a:v", Extra::kMemory, 3},
    {Simd(0x07), Simd(0x07), "a:v", Extra::kMemory, 0},
    {Simd(0x08), Simd(0x08), "a:v", Extra::kMemory, 1},
    {Simd(0x09), Simd(0x09), "a:v", Extra::kMemory, 2},
    {Simd(0x0a), Simd(0x0a), "a:v", Extra::kMemory, 3},
    {Simd(0x0b), Simd(0x0b), "av:", Extra::kMemory, 4},
    {Simd(0x0c), Simd(0x0c), ":v", Extra::kBytes16},
    {Simd(0x0d), Simd(0x0d), "vv:v", Extra::kLanes},
    {Simd(0x0e), Simd(0x0e), "vv:v"},
    {Simd(0x0f), Simd(0x11), "i:v"},
    {Simd(0x12), Simd(0x12), "I:v"},
    {Simd(0x13), Simd(0x13), "f:v"},
    {Simd(0x14), Simd(0x14), "d:v"},
    {Simd(0x15), Simd(0x16), "v:i", Extra::kLane, 16},
    {Simd(0x17), Simd(0x17), "vi:v", Extra::kLane, 16},
    {Simd(0x18), Simd(0x19), "v:i", Extra::kLane, 8},
    {Simd(0x1a), Simd(0x1a), "vi:v", Extra::kLane, 8},
    {Simd(0x1b), Simd(0x1b), "v:i", Extra::kLane, 4},
    {Simd(0x1c), Simd(0x1c), "vi:v", Extra::kLane, 4},
    {Simd(0x1d), Simd(0x1d), "v:I", Extra::kLane, 2},
    {Simd(0x1e), Simd(0x1e), "vI:v", Extra::kLane, 2},
    {Simd(0x1f), Simd(0x1f), "v:f", Extra::kLane, 4},
    {Simd(0x20), Simd(0x20), "vf:v", Extra::kLane, 4},
    {Simd(0x21), Simd(0x21), "v:d", Extra::kLane, 2},
    {Simd(0x22), Simd(0x22), "vd:v", Extra::kLane, 2},
    {Simd(0x23), Simd(0x4c), "vv:v"},
    {Simd(0x4d), Simd(0x4d), "v:v"},
    {Simd(0x4e), Simd(0x51), "vv:v"},
    {Simd(0x52), Simd(0x52), "vvv:v"},
    {Simd(0x53), Simd(0x53), "v:i"},
    {Simd(0x54), Simd(0x54), "av:v", Extra::kMemoryLane, 0},
    {Simd(0x55), Simd(0x55), "av:v", Extra::kMemoryLane, 1},
    {Simd(0x56), Simd(0x56), "av:v", Extra::kMemoryLane, 2},
    {Simd(0x57), Simd(0x57), "av:v", Extra::kMemoryLane, 3},
    {Simd(0x58), Simd(0x58), "av:", Extra::kMemoryLane, 0},
    {Simd(0x59), Simd(0x59), "av:", Extra::kMemoryLane, 1},
    {Simd(0x5a), Simd(0x5a), "av:", Extra::kMemoryLane, 2},
    {Simd(0x5b), Simd(0x5b), "av:", Extra::kMemoryLane, 3},
    {Simd(0x5c), Simd(0x5c), "a:v", Extra::kMemory, 2},
    {Simd(0x5d), Simd(0x5d), "a:v", Extra::kMemory, 3},
    {Simd(0x5e), Simd(0x62), "v:v"},
    {Simd(0x63), Simd(0x64), "v:i"},
    {Simd(0x65), Simd(0x66), "vv:v"},
    {Simd(0x67), Simd(0x6a), "v:v"},
    {Simd(0x6b), Simd(0x6d), "vi:v"},
    {Simd(0x6e), Simd(0x73), "vv:v"},
    {Simd(0x74), Simd(0x75), "v:v"},
    {Simd(0x76), Simd(0x79), "vv:v"},
    {Simd(0x7a), Simd(0x7a), "v:v"},
    {Simd(0x7b), Simd(0x7b), "vv:v"},
    {Simd(0x7c), Simd(0x81), "v:v"},
    {Simd(0x82), Simd(0x82), "vv:v"},
    {Simd(0x83), Simd(0x84), "v:i"},
    {Simd(0x85), Simd(0x86), "vv:v"},
    {Simd(0x87), Simd(0x8a), "v:v"},
    {Simd(0x8b), Simd(0x8d), "vi:v"},
    {Simd(0x8e), Simd(0x93), "vv:v"},
    {Simd(0x94), Simd(0x94), "v:v"},
    {Simd(0x95), Simd(0x99), "vv:v"},
    {Simd(0x9b), Simd(0x9f), "vv:v"},
    {Simd(0xa0), Simd(0xa1), "v:v"},
    {Simd(0xa3), Simd(0xa4), "v:i"},
    {Simd(0xa7), Simd(0xaa), "v:v"},
    {Simd(0xab), Simd(0xad), "vi:v"},
    {Simd(0xae), Simd(0xae), "vv:v"},
    {Simd(0xb1), Simd(0xb1), "vv:v"},
    {Simd(0xb5), Simd(0xba), "vv:v"},
    {Simd(0xbc), Simd(0xbf), "vv:v"},
    {Simd(0xc0), Simd(0xc1), "v:v"},
    {Simd(0xc3), Simd(0xc4), "v:i"},
    {Simd(0xc7), Simd(0xca), "v:v"},
    {Simd(0xcb), Simd(0xcd), "vi:v"},
    {Simd(0xce), Simd(0xce), "vv:v"},
    {Simd(0xd1), Simd(0xd1), "vv:v"},
    {Simd(0xd5), Simd(0xdf), "vv:v"},
    {Simd(0xe0), Simd(0xe1), "v:v"},
    {Simd(0xe3), Simd(0xe3), "v:v"},
    {Simd(0xe4), Simd(0xeb), "vv:v"},
    {Simd(0xec), Simd(0xed), "v:v"},
    {Simd(0xef), Simd(0xef), "v:v"},
    {Simd(0xf0), Simd(0xf7), "vv:v"},
    {Simd(0xf8), Simd(0xff), "v:v"},
    {Simd(0x100), Simd(0x100), "vv:v"},
    {Simd(0x101), Simd(0x104), "v:v"},
    {Simd(0x105), Simd(0x10c), "vvv:v"},
    {Simd(0x10d), Simd(0x112), "vv:v"},
    {Simd(0x113), Simd(0x113), "vvv:v"},
    // Atomic accesses of memory that nobody shares, and of a word: 32, 64, then parts of them.
    {Atomic(0x00), Atomic(0x00), "ai:i", Extra::kAtomic, 2},
    {Atomic(0x10), Atomic(0x10), "a:i", Extra::kAtomic, 2},
    {Atomic(0x11), Atomic(0x11), "a:I", Extra::kAtomic, 3},
    {Atomic(0x12), Atomic(0x12), "a:i", Extra::kAtomic, 0},
    {Atomic(0x16), Atomic(0x16), "a:I", Extra::kAtomic, 2},
    {Atomic(0x17), Atomic(0x17), "ai:", Extra::kAtomic, 2},
    {Atomic(0x18), Atomic(0x18), "aI:", Extra::kAtomic, 3},
    {Atomic(0x1e), Atomic(0x1e), "ai:i", Extra::kAtomic, 2},
    {Atomic(0x1f), Atomic(0x1f), "aI:I", Extra::kAtomic, 3},
    {Atomic(0x20), Atomic(0x20), "ai:i", Extra::kAtomic, 0},
    {Atomic(0x25), Atomic(0x25), "ai:i", Extra::kAtomic, 2},
    {Atomic(0x41), Atomic(0x41), "ai:i", Extra::kAtomic, 2},
    {Atomic(0x48), Atomic(0x48), "aii:i", Extra::kAtomic, 2},
    {Atomic(0x49), Atomic(0x49), "aII:I", Extra::kAtomic, 3},
};

constexpr std::array kValues = {kI32, kI64, kF32, kF64, kV128};

struct MemoryInfo {
  uint64_t bytes = 0;  // a power of two
  bool is64 = false;
};

struct FuncInfo {
  uint32_t type = 0;
  Types params, results;
};

// Makes one module. Every expression has one value, every statement leaves the stack as it was;
// both may stand anywhere in their function, any number of times.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) { MakeDeclarations(); }

  std::string Run() {
    MakeFunctions();
    return module_.Build();
  }

  std::string EveryInstruction() {
    for (const FuncInfo& func : funcs_) {
      Code zeros;
      for (const ValType type : func.results) zeros.Times(1, Zero(type));
      module_.Func(func.type, zeros);
    }
    locals_ = {kI32};
    AddLocals();
    Code body;
    for (const Range& range : kRanges) {
      for (Opcode op = range.first; op <= range.last; ++op) {
        Apply(body, range, op, 1);
        if (!range.signature.ends_with(":")) body.Op(kDrop);
      }
    }
    for (uint32_t kind = 0; kind < kStatements; ++kind) Statement(body, kind, 2);
    Export(body);
    return module_.Build();
  }

 private:
  static constexpr uint32_t kStatements = 26;
  static constexpr size_t kMostBytes = 400'000;  // of one function

  // -- Chance --

  uint64_t Below(uint64_t limit) { return limit == 0 ? 0 : random_() % limit; }
  bool OneIn(uint64_t count) { return Below(count) == 0; }
  template <typename T>
  const T& Of(std::span<const T> values) {
    return values[Below(values.size())];
  }
  uint64_t OneOf(std::initializer_list<uint64_t> values) {
    return values.begin()[Below(values.size())];
  }
  // Up to `most`, often all or half of it, or next to nothing.
  uint64_t Extreme(uint64_t most) {
    const uint64_t value = OneOf({0, 1, most, most, most / 2, most - most / 8, Below(most + 1)});
    return std::min(value, most);
  }

  // -- Declarations --

  void MakeDeclarations() {
    const uint32_t memories = 1 + static_cast<uint32_t>(Below(3));
    for (uint32_t i = 0; i < memories; ++i) {
      const uint64_t pages = OneOf({1, 16, 256, 1024, 2048});
      const bool is64 = OneIn(4);
      memories_.push_back({.bytes = pages << 16, .is64 = is64});
      module_.Memory({.min = pages, .is64 = is64});
    }
    for (const ValType type : {kFuncRef, kFuncRef, kExternRef}) {
      tables_.push_back(static_cast<uint32_t>(OneOf({10, 1000, 100'000, 300'000})));
      module_.Table(type, {.min = tables_.back()});
    }
    for (const ValType type : kValues) {
      module_.Global(type, ModuleBuilder::Mutability::kMutable, Zero(type));
    }
    module_.Tag(module_.FuncType({kI32, kF64}));
    data_bytes_ = static_cast<uint32_t>(OneOf({0, 100, 1 << 16, 1 << 20}));
    module_.PassiveData(std::string(data_bytes_, 'd'));
    for (int i = 0; i < 6; ++i) DeclareFunction();
    run_type_ = module_.FuncType({kI32}, {kI32});
    elements_ = static_cast<uint32_t>(OneOf({1, 1000, 50'000}));
    module_.PassiveElements(0, elements_);
    for (uint32_t i = 0; i < funcs_.size(); ++i) {
      module_.ActiveElements(0, Code().I32(static_cast<int32_t>(i)), i, 1);
    }
  }

  void DeclareFunction() {
    FuncInfo func;
    const uint64_t params = OneOf({0, 1, 2, 3, 30});
    for (uint64_t i = 0; i < params; ++i) func.params.push_back(Of<ValType>(kValues));
    const uint64_t results = OneOf({0, 1, 1, 2, 20});
    for (uint64_t i = 0; i < results; ++i) func.results.push_back(Of<ValType>(kValues));
    func.type = module_.FuncType(func.params, func.results);
    funcs_.push_back(std::move(func));
  }

  // -- Functions --

  void AddLocals() {
    added_.clear();
    for (const ValType type : kValues) {
      constexpr uint32_t kOfEach = 3;
      added_.emplace_back(kOfEach, type);
      locals_.insert(locals_.end(), kOfEach, type);
    }
    // For counted loops, which nothing else changes.
    counters_ = static_cast<uint32_t>(locals_.size());
    added_.emplace_back(kMostLoops, kI32);
    loops_ = 0;
  }

  void MakeFunctions() {
    for (const FuncInfo& func : funcs_) {
      locals_ = func.params;
      AddLocals();
      Code body;
      Statements(body, 1 + Below(4), 3);
      if (OneIn(4)) {
        TailCall(body, func);
      } else {
        for (const ValType type : func.results) Expression(body, type, 2);
      }
      module_.Func(func.type, body, added_);
    }
    locals_ = {kI32};
    AddLocals();
    Code body;
    Statements(body, 2 + Below(6), 4);
    Export(body);
  }

  void Export(const Code& body) {
    Code all;
    all.Get(0).If().Times(1, body).End().Get(0);
    module_.Export("run", Kind::kFunc, module_.Func(run_type_, all, added_));
  }

  void Statements(Code& out, uint64_t count, int depth) {
    for (uint64_t i = 0; i < count; ++i) {
      Code one;
      Statement(one, static_cast<uint32_t>(Below(kStatements)), depth);
      const size_t size = std::max<size_t>(1, one.view().size());
      const uint64_t room = out.view().size() < kMostBytes ? kMostBytes - out.view().size() : 0;
      // In a straight line, as long as there is room.
      const uint64_t times = OneIn(3) ? OneOf({2, 10, 100, 3000, 20'000}) : 1;
      out.Times(static_cast<uint32_t>(std::min(times, std::max<uint64_t>(1, room / size))), one);
    }
  }

  // -- Expressions --

  static Code Zero(ValType type) {
    switch (type) {
      case kI32:
        return Code().I32(0);
      case kI64:
        return Code().I64(0);
      case kF32:
        return Code().Byte(0x43).Bytes(std::string(4, '\0'));
      case kF64:
        return Code().Byte(0x44).Bytes(std::string(8, '\0'));
      default:
        return Code().Op(Simd(0x0c)).Bytes(std::string(16, '\0'));
    }
  }

  std::string RandomBytes(size_t count) {
    // Zeros, ones, infinities and NaNs, denormals, and noise.
    static constexpr uint8_t kBytes[] = {0x00, 0xff, 0x7f, 0x80, 0xf0, 0x3f, 0x01};
    std::string bytes;
    for (size_t i = 0; i < count; ++i) {
      bytes += static_cast<char>(OneIn(3) ? random_() : Of<uint8_t>(kBytes));
    }
    return bytes;
  }

  void Constant(Code& out, ValType type) {
    const auto number =
        static_cast<int64_t>(OneOf({0, 1, 2, ~uint64_t{0}, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff,
                                    1ull << 63, (1ull << 63) - 1, 65536, random_()}));
    switch (type) {
      case kI32:
        out.I32(static_cast<int32_t>(number));
        return;
      case kI64:
        out.I64(number);
        return;
      case kF32:
        out.Byte(0x43).Bytes(RandomBytes(4));
        return;
      case kF64:
        out.Byte(0x44).Bytes(RandomBytes(8));
        return;
      case kV128:
        out.Op(Simd(0x0c)).Bytes(RandomBytes(16));
        return;
      case kFuncRef:
        if (OneIn(2)) {
          out.Op(kRefFunc, static_cast<uint32_t>(Below(funcs_.size())));
          return;
        }
        [[fallthrough]];
      default:
        out.Op(kRefNull).Byte(type);
    }
  }

  void Leaf(Code& out, ValType type) {
    const auto global = std::ranges::find(kValues, type);
    if (OneIn(3)) return Constant(out, type);
    if (OneIn(4) && global != kValues.end()) {
      out.Op(kGlobalGet, static_cast<uint32_t>(global - kValues.begin()));
      return;
    }
    std::vector<uint32_t> locals;
    for (uint32_t i = 0; i < locals_.size(); ++i) {
      if (locals_[i] == type) locals.push_back(i);
    }
    if (locals.empty()) return Constant(out, type);
    out.Get(Of<uint32_t>(locals));
  }

  void Expression(Code& out, ValType type, int depth) {
    if (depth <= 0 || OneIn(5)) return Leaf(out, type);
    if (OneIn(12)) {  // select
      Expression(out, type, depth - 1);
      Expression(out, type, depth - 1);
      Expression(out, kI32, depth - 1);
      out.Byte(0x1c).U32(1).Byte(type);
      return;
    }
    if (OneIn(12)) {  // if with a value
      Expression(out, kI32, depth - 1);
      out.Byte(wasm::kIf).Byte(type);
      Expression(out, type, depth - 1);
      out.Byte(wasm::kElse);
      Expression(out, type, depth - 1);
      out.End();
      return;
    }
    if (type == kI32 && OneIn(10)) {
      out.Op(kMemorySize, Narrow());
      if (memories_[memory_].is64) out.Op(0xa7);
      return;
    }
    const char letter = LetterOf(type);
    if (letter == 0) return Leaf(out, type);
    // Most ranges make something else: try a few.
    for (int i = 0; i < 200; ++i) {
      const Range& range = Of<Range>(kRanges);
      if (!range.signature.ends_with(letter)) continue;
      return Apply(out, range,
                   range.first + static_cast<Opcode>(Below(range.last - range.first + 1)),
                   depth - 1);
    }
    Leaf(out, type);
  }

  static char LetterOf(ValType type) {
    constexpr std::string_view kLetters = "iIfdv";
    const auto found = std::ranges::find(kValues, type);
    return found == kValues.end() ? '\0' : kLetters[static_cast<size_t>(found - kValues.begin())];
  }
  static ValType TypeOf(char letter) { return kValues[std::string_view("iIfdv").find(letter)]; }

  // An instruction with its operands.
  void Apply(Code& out, const Range& range, Opcode op, int depth) {
    memory_ = static_cast<uint32_t>(Below(memories_.size()));
    const uint32_t memory = memory_;
    const std::string_view params = range.signature.substr(0, range.signature.find(':'));
    for (size_t i = 0; i < params.size(); ++i) {
      if (params[i] == 'a') {
        Address(out, memory, range.extra == Extra::kAtomic ? range.count : 0, depth);
        continue;
      }
      Expression(out, TypeOf(params[i]), depth);
      if (range.extra != Extra::kDivides || i + 1 < params.size()) continue;
      // Never 0, and seldom -1.
      if (params[i] == 'i') {
        out.I32(1).Op(0x72);
      } else {
        out.I64(1).Op(0x84);
      }
    }
    out.Op(op);
    switch (range.extra) {
      case Extra::kLane:
        out.Byte(static_cast<uint8_t>(Below(range.count)));
        break;
      case Extra::kLanes:
        for (int i = 0; i < 16; ++i) out.Byte(static_cast<uint8_t>(Below(32)));
        break;
      case Extra::kBytes16:
        out.Bytes(RandomBytes(16));
        break;
      case Extra::kMemory:
      case Extra::kMemoryLane:
      case Extra::kAtomic:
        out.U32(range.count | 0x40u).U32(memory);
        // Together with the address, which is in the lower half.
        out.U32(static_cast<uint32_t>(Below(memories_[memory].bytes / 2 - 16) & ~uint64_t{15}));
        if (range.extra == Extra::kMemoryLane) {
          out.Byte(static_cast<uint8_t>(Below(16 >> range.count)));
        }
        break;
      default:
        break;
    }
  }

  void Address(Code& out, uint32_t memory, uint8_t alignment, int depth) {
    const uint64_t mask = (memories_[memory].bytes / 2 - 1) & ~((uint64_t{1} << alignment) - 1);
    if (memories_[memory].is64) {
      Expression(out, kI64, depth);
      out.I64(static_cast<int64_t>(mask)).Op(0x83);
    } else {
      Expression(out, kI32, depth);
      out.I32(static_cast<int32_t>(mask)).Op(0x71);
    }
  }

  // -- Statements --

  uint32_t Narrow() {
    memory_ = static_cast<uint32_t>(Below(memories_.size()));
    return memory_;
  }
  void Size(Code& out, uint32_t memory, uint64_t value) {
    if (memories_[memory].is64) {
      out.I64(static_cast<int64_t>(value));
    } else {
      out.I32(static_cast<int32_t>(value));
    }
  }

  void Statement(Code& out, uint32_t kind, int depth) {
    const ValType type = Of<ValType>(kValues);
    switch (kind) {
      case 0:
      case 1: {  // local.set, never of the parameter that says whether to run
        Expression(out, type, depth);
        std::vector<uint32_t> locals;
        for (uint32_t i = 1; i < locals_.size(); ++i) {
          if (locals_[i] == type) locals.push_back(i);
        }
        if (locals.empty()) {
          out.Op(kDrop);
        } else {
          out.Set(Of<uint32_t>(locals));
        }
        return;
      }
      case 2:
        Expression(out, type, depth);
        out.Op(0x24, static_cast<uint32_t>(std::ranges::find(kValues, type) - kValues.begin()));
        return;
      case 3:
        Expression(out, type, depth + 2);
        out.Op(kDrop);
        return;
      case 4:
      case 5:
        return Store(out, depth);
      case 6:
        return MemoryFill(out);
      case 7:
        return MemoryCopy(out);
      case 8:
        return MemoryInit(out);
      case 9: {  // memory.grow
        const uint32_t memory = Narrow();
        Size(out, memory, OneOf({0, 1, 1, 100, 70'000}));
        out.Op(kMemoryGrow, memory).Op(kDrop);
        return;
      }
      case 10:
      case 11:
      case 12:
      case 13:
        return TableStatement(out, kind - 10);
      case 14: {  // table.grow
        const auto table = static_cast<uint32_t>(Below(tables_.size()));
        Constant(out, table == 2 ? kExternRef : kFuncRef);
        out.I32(static_cast<int32_t>(OneOf({0, 1, 1000, 100'000, 999'999, 0xffff'ffff})));
        out.Op(wasm::kTableGrow, table).Op(kDrop);
        return;
      }
      case 15:
      case 16:
        return CountedLoop(out, depth);
      case 17:
        return EndlessLoop(out, depth);
      case 18:
        return Branches(out, depth);
      case 19:
      case 20:
      case 21:
        return Call(out, kind - 19, depth);
      case 22:
      case 23:
        return TryThrow(out, depth);
      case 24:
        Expression(out, kI32, depth);
        out.If();
        Statements(out, 1 + Below(2), depth - 1);
        out.Byte(wasm::kElse);
        Statements(out, 1 + Below(2), depth - 1);
        out.End();
        return;
      default:
        // Seldom, for what uses them afterwards does nothing, or traps.
        if (!OneIn(4)) return Store(out, depth);
        if (OneIn(2)) {
          out.Op(wasm::kDataDrop, 0);
        } else {
          out.Op(wasm::kElemDrop, 0);
        }
        return;
    }
  }

  void Store(Code& out, int depth) {
    for (int i = 0; i < 500; ++i) {
      const Range& range = Of<Range>(kRanges);
      if (range.signature.ends_with(":")) return Apply(out, range, range.first, depth);
    }
  }

  void MemoryFill(Code& out) {
    const uint32_t memory = Narrow();
    const uint64_t size = Extreme(memories_[memory].bytes);
    Size(out, memory, Below(memories_[memory].bytes - size + 1));
    out.I32(static_cast<int32_t>(random_()));
    Size(out, memory, size);
    out.Op(kMemoryFill, memory);
  }

  void MemoryCopy(Code& out) {
    const uint32_t to = Narrow(), from = Narrow();
    const uint64_t size = Extreme(std::min(memories_[to].bytes, memories_[from].bytes));
    Size(out, to, Below(memories_[to].bytes - size + 1));
    Size(out, from, Below(memories_[from].bytes - size + 1));
    // Of the smaller type of the two.
    if (memories_[to].is64 && memories_[from].is64) {
      out.I64(static_cast<int64_t>(size));
    } else {
      out.I32(static_cast<int32_t>(size));
    }
    out.Op(kMemoryCopy, to, from);
  }

  void MemoryInit(Code& out) {
    const uint32_t memory = Narrow();
    const uint64_t size = Extreme(std::min<uint64_t>(memories_[memory].bytes, data_bytes_));
    Size(out, memory, Below(memories_[memory].bytes - size + 1));
    out.I32(static_cast<int32_t>(Below(data_bytes_ - size + 1)));
    out.I32(static_cast<int32_t>(size));
    out.Op(kMemoryInit, 0, memory);
  }

  void TableStatement(Code& out, uint32_t kind) {
    const auto table = static_cast<uint32_t>(Below(tables_.size()));
    const ValType type = table == 2 ? kExternRef : kFuncRef;
    const auto at = [&](uint64_t size, uint32_t of) {
      out.I32(static_cast<int32_t>(Below(of - size + 1)));
    };
    if (kind == 0) {
      at(1, tables_[table]);
      Constant(out, type);
      out.Op(wasm::kTableSet, table);
    } else if (kind == 1) {
      const uint64_t size = Extreme(tables_[table]);
      at(size, tables_[table]);
      Constant(out, type);
      out.I32(static_cast<int32_t>(size)).Op(wasm::kTableFill, table);
    } else if (kind == 2) {
      const uint32_t from = table == 2 ? 2 : static_cast<uint32_t>(Below(2));
      const uint64_t size = Extreme(std::min(tables_[table], tables_[from]));
      at(size, tables_[table]);
      at(size, tables_[from]);
      out.I32(static_cast<int32_t>(size)).Op(wasm::kTableCopy, table, from);
    } else {
      const auto to = static_cast<uint32_t>(Below(2));
      const uint64_t size = Extreme(std::min(tables_[to], elements_));
      at(size, tables_[to]);
      at(size, elements_);
      out.I32(static_cast<int32_t>(size)).Op(wasm::kTableInit, 0, to);
    }
  }

  void CountedLoop(Code& out, int depth) {
    if (depth <= 0 || loops_ == kMostLoops) return Store(out, depth);
    const uint32_t counter = counters_ + loops_++;
    Code body;
    Statements(body, 1 + Below(3), depth - 1);
    out.I32(static_cast<int32_t>(OneOf({1, 4, 4999, 5001, 1'000'000, 0}))).Set(counter);
    out.Repeat(counter, body);
  }

  void EndlessLoop(Code& out, int depth) {
    if (depth <= 0 || !OneIn(3)) return Store(out, depth);
    Code body;
    Statements(body, Below(3), depth - 1);
    out.Forever(body);
  }

  void Branches(Code& out, int depth) {
    const uint64_t blocks = OneOf({1, 2, 10});
    for (uint64_t i = 0; i < blocks; ++i) out.Block();
    Expression(out, kI32, depth);
    if (OneIn(2)) {
      out.Op(kBrIf, static_cast<uint32_t>(Below(blocks)));
    } else {
      const uint64_t labels = OneOf({1, 5, 1000});
      out.Byte(wasm::kBrTable).U32(static_cast<uint32_t>(labels));
      for (uint64_t i = 0; i <= labels; ++i) out.U32(static_cast<uint32_t>(Below(blocks)));
    }
    for (uint64_t i = 0; i < blocks; ++i) out.End();
  }

  // `kind`: by index, by table, by reference.
  void Call(Code& out, uint32_t kind, int depth) {
    const auto index = static_cast<uint32_t>(Below(funcs_.size()));
    const FuncInfo& func = funcs_[index];
    for (const ValType type : func.params) Expression(out, type, std::min(depth - 1, 1));
    if (kind == 0) {
      out.Call(index);
    } else if (kind == 1) {
      out.I32(static_cast<int32_t>(index)).Op(wasm::kCallIndirect, func.type, 0);
    } else {
      out.Op(kRefFunc, index).Op(wasm::kCallRef, func.type);
    }
    for (size_t i = 0; i < func.results.size(); ++i) out.Op(kDrop);
  }

  void TailCall(Code& out, const FuncInfo& caller) {
    std::vector<uint32_t> fit;
    for (uint32_t i = 0; i < funcs_.size(); ++i) {
      if (funcs_[i].results == caller.results) fit.push_back(i);
    }
    const uint32_t index = Of<uint32_t>(fit);  // itself, if nothing else
    for (const ValType type : funcs_[index].params) Expression(out, type, 1);
    if (OneIn(2)) {
      out.Op(wasm::kReturnCall, index);
    } else {
      out.I32(static_cast<int32_t>(index)).Op(wasm::kReturnCallIndirect, funcs_[index].type, 0);
    }
  }

  void TryThrow(Code& out, int depth) {
    out.Byte(wasm::kTry).Byte(0x40);
    if (depth > 0) Statements(out, Below(2), depth - 1);
    Expression(out, kI32, 1);
    Expression(out, kF64, 1);
    out.Op(wasm::kThrow, 0);
    if (OneIn(2)) {
      out.Op(wasm::kCatch, 0).Op(kDrop).Op(kDrop);
    } else {
      out.Byte(wasm::kCatchAll);
    }
    out.End();
  }

  static constexpr uint32_t kMostLoops = 20;

  std::mt19937_64 random_;
  ModuleBuilder module_;
  std::vector<MemoryInfo> memories_;
  std::vector<uint32_t> tables_;
  std::vector<FuncInfo> funcs_;
  uint32_t run_type_ = 0, data_bytes_ = 0, elements_ = 0;
  // Of the function that is being made.
  Types locals_;
  std::vector<std::pair<uint32_t, ValType>> added_;
  uint32_t counters_ = 0, loops_ = 0;
  uint32_t memory_ = 0;
};

}  // namespace

std::string RandomModule(uint64_t seed) { return Generator(seed).Run(); }

std::string ModuleOfEveryInstruction() { return Generator(1).EveryInstruction(); }

}  // namespace davit::hostile
