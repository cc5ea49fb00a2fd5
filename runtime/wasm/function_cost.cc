#include "runtime/wasm/function_cost.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_instructions.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/instruction_cost.h"

namespace davit::wasm {
namespace {

using base::ByteReader;

// How many values a type takes and makes; of a struct: its fields.
struct Arity {
  uint32_t params = 0, results = 0;
};

absl::StatusOr<std::vector<Arity>> AritiesOf(const CoreModuleInfo& info) {
  constexpr uint8_t kStruct = 0x5f;
  std::vector<Arity> arities;
  arities.reserve(info.types.size());
  for (const CoreSubType& type : info.types) {
    Arity& arity = arities.emplace_back();
    if (const auto* const func = std::get_if<CoreFuncType>(&type.composite)) {
      arity = {static_cast<uint32_t>(func->params.size()),
               static_cast<uint32_t>(func->results.size())};
      continue;
    }
    ByteReader body(std::get<std::span<const uint8_t>>(type.composite));
    DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, body.Byte("core type"));
    if (kind != kStruct) continue;
    DAVIT_ASSIGN_OR_RETURN(arity.params, body.U32("struct fields"));
  }
  return arities;
}

// Bodies that the optimiser puts in place of calls, as many as 60 into one function: they may cost
// so many times less. V8's --wasm-inlining-max-size.
constexpr uint64_t kMostInlinedBytes = 500;
constexpr uint64_t kMostInlined = 64;

// All functions together may ask for so much, and so much for each byte of code: validating takes
// time for every local and operand, too, for which a few bytes are enough.
constexpr uint64_t kModuleValues = 64 << 20;
constexpr uint64_t kModuleValuesPerByte = 24;

constexpr Opcode kGcPrefix = 0xfb;
constexpr Opcode PrefixOf(Opcode opcode) { return opcode >> 16; }

// Steps through one function body after the other and adds up what is alive where.
class FunctionWalker {
 public:
  FunctionWalker(const CoreModuleInfo& info, std::vector<Arity> arities, bool gc)
      : info_(info), arities_(std::move(arities)), gc_(gc) {}

  // What a function asks for; stops adding once it exceeds `limit`.
  absl::StatusOr<uint64_t> Walk(ByteReader body, uint32_t type, uint64_t limit) {
    reader_ = &body;
    height_ = catching_ = 0;
    locals_ = ArityOf(type).params;
    DAVIT_RETURN_IF_ERROR(ReadLocals());
    values_ = locals_;
    frames_.assign(1, Frame{});
    while (!frames_.empty() && values_ <= limit) DAVIT_RETURN_IF_ERROR(Step());
    return values_;
  }

 private:
  struct Frame {
    uint64_t base = 0;  // operands below it
    Arity type;
    bool catches = false;
  };

  Arity ArityOf(uint32_t type) const { return type < arities_.size() ? arities_[type] : Arity{}; }
  Arity ArityOfFunc(uint32_t func) const {
    return func < info_.funcs.size() ? ArityOf(info_.funcs[func].type) : Arity{};
  }
  uint32_t ParamsOfTag(uint32_t tag) const {
    return tag < info_.tags.size() ? ArityOf(info_.tags[tag].type).params : 0;
  }

  void Charge(uint64_t units) { values_ += units; }
  void Keep(uint64_t times = 1) { Charge(times * (locals_ + height_)); }
  // Never below what the innermost block began with: code after a branch may pop from nothing.
  void Pop(uint64_t count) {
    const uint64_t base = frames_.back().base;
    height_ = height_ - base > count ? height_ - count : base;
  }
  void Adjust(int net) {
    if (net < 0) {
      Pop(static_cast<uint64_t>(-net));
    } else {
      height_ += static_cast<uint64_t>(net);
    }
  }
  void Apply(Arity arity) {
    Pop(arity.params);
    height_ += arity.results;
  }
  // What throws where something catches it has two ways to go on.
  void ChargeCall(Arity arity) {
    Charge(kUnitsPerOperand * (uint64_t{arity.params} + arity.results));
    if (catching_ == 0) return;
    Charge(kUnitsPerCaughtCall);
    Keep();
  }
  void Call(Arity arity) {
    ChargeCall(arity);
    Apply(arity);
  }
  void EndOfReachableCode() { height_ = frames_.back().base; }

  absl::Status ReadLocals() {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t groups, reader_->U32("locals"));
    for (uint32_t i = 0; i < groups; ++i) {
      DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader_->U32("locals"));
      DAVIT_RETURN_IF_ERROR(CoreTypeReader(*reader_).ValType().status());
      locals_ += count;
    }
    return absl::OkStatus();
  }

  absl::Status Step() {
    DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(*reader_));
    if (PrefixOf(opcode) == kGcPrefix && !gc_) {
      return base::FeatureError("gc", "a function uses an instruction of the GC proposal");
    }
    const Instruction instruction = InstructionOf(opcode);
    DAVIT_RETURN_IF_ERROR(ReadImmediates(instruction.immediates));
    Charge(UnitsOf(opcode));
    Adjust(instruction.net);
    if (instruction.keeps_state) Keep();
    Control(opcode);
    return absl::OkStatus();
  }

  absl::Status ReadImmediates(Immediates immediates) {
    switch (immediates) {
      case Immediates::kIndex:
        return ReadIndex(first_);
      case Immediates::kTwoIndices:
        DAVIT_RETURN_IF_ERROR(ReadIndex(first_));
        return ReadIndex(second_);
      case Immediates::kBlockType:
        return ReadBlockType();
      case Immediates::kLabels:
        return ReadLabels();
      case Immediates::kTryHandlers:
        return ReadTryHandlers();
      default:
        return SkipImmediates(*reader_, immediates);
    }
  }

  absl::Status ReadIndex(uint32_t& index) {
    DAVIT_ASSIGN_OR_RETURN(index, reader_->U32("index"));
    return absl::OkStatus();
  }

  absl::Status ReadBlockType() {
    constexpr int64_t kNoResult = -0x40, kRef = -0x1c, kRefNull = -0x1d;
    DAVIT_ASSIGN_OR_RETURN(const int64_t type, reader_->S33("block type"));
    if (type >= 0) {
      block_ = ArityOf(static_cast<uint32_t>(type));
      return absl::OkStatus();
    }
    block_ = {.results = type == kNoResult ? 0u : 1u};
    if (type != kRef && type != kRefNull) return absl::OkStatus();
    return reader_->S33("heap type").status();
  }

  absl::Status ReadLabels() {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader_->U32("labels"));
    for (uint64_t i = 0; i <= count; ++i) DAVIT_RETURN_IF_ERROR(reader_->U32("label").status());
    Pop(1);
    Charge(kUnitsPerLabel * (uint64_t{count} + 1));
    Keep(uint64_t{count} + 1);
    return absl::OkStatus();
  }

  absl::Status ReadTryHandlers() {
    constexpr uint8_t kCatchAllClause = 2;  // it and the next one have no tag
    DAVIT_RETURN_IF_ERROR(ReadBlockType());
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader_->U32("catch clauses"));
    for (uint32_t i = 0; i < count; ++i) {
      DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, reader_->Byte("catch clause"));
      if (kind < kCatchAllClause) {
        DAVIT_ASSIGN_OR_RETURN(const uint32_t tag, reader_->U32("tag"));
        Charge(kUnitsPerThrown * uint64_t{ParamsOfTag(tag)});
      }
      DAVIT_RETURN_IF_ERROR(reader_->U32("label").status());
      Charge(kUnitsPerLabel);
      Keep();
    }
    return absl::OkStatus();
  }

  // What an instruction does to blocks, and to operands whose number types decide.
  void Control(Opcode opcode) {
    switch (opcode) {
      case kBlock:
      case kLoop:
      case kIf:
        Open(/*catches=*/false);
        break;
      case kTry:
      case kTryTable:
        Open(/*catches=*/true);
        break;
      case kElse:
        height_ = frames_.back().base + frames_.back().type.params;
        break;
      case kCatch:
        height_ = frames_.back().base + ParamsOfTag(first_);
        Charge(kUnitsPerThrown * uint64_t{ParamsOfTag(first_)});
        break;
      case kCatchAll:
        height_ = frames_.back().base;
        break;
      case kEnd:
      case kDelegate:
        Close();
        break;
      case kCall:
        Call(ArityOfFunc(first_));
        break;
      case kCallIndirect:
      case kCallRef:
        Call(ArityOf(first_));
        break;
      case kStructNewDefault:
        Charge(kUnitsPerOperand * uint64_t{ArityOf(first_).params});
        break;
      case kStructNew:
        Charge(kUnitsPerOperand * uint64_t{ArityOf(first_).params});
        // It pushed one and then pops the fields, which lie below.
        Pop(uint64_t{ArityOf(first_).params} + 1);
        ++height_;
        break;
      case kArrayNewFixed:
        Charge(kUnitsPerOperand * uint64_t{second_});
        Pop(uint64_t{second_} + 1);
        ++height_;
        break;
      case kThrow:
        Charge(kUnitsPerThrown * uint64_t{ParamsOfTag(first_)});
        EndOfReachableCode();
        break;
      case kReturnCall:
        ChargeCall(ArityOfFunc(first_));
        EndOfReachableCode();
        break;
      case kReturnCallIndirect:
      case kReturnCallRef:
        ChargeCall(ArityOf(first_));
        EndOfReachableCode();
        break;
      case kUnreachable:
      case kRethrow:
      case kThrowRef:
      case kBr:
      case kBrTable:
      case kReturn:
        EndOfReachableCode();
        break;
      default:
        break;
    }
  }

  void Open(bool catches) {
    Pop(block_.params);
    frames_.push_back({.base = height_, .type = block_, .catches = catches});
    height_ += block_.params;
    if (catches) ++catching_;
  }
  void Close() {
    height_ = frames_.back().base + frames_.back().type.results;
    if (frames_.back().catches) --catching_;
    frames_.pop_back();
  }

  const CoreModuleInfo& info_;
  const std::vector<Arity> arities_;
  const bool gc_;
  ByteReader* reader_ = nullptr;
  std::vector<Frame> frames_;
  uint64_t locals_ = 0, height_ = 0, values_ = 0;
  uint64_t catching_ = 0;  // blocks around here that catch
  // Immediates of the current instruction.
  uint32_t first_ = 0, second_ = 0;
  Arity block_;
};

absl::Status CheckCode(const CoreSection& code, const CoreModuleInfo& info,
                       const FunctionLimits& limits) {
  DAVIT_ASSIGN_OR_RETURN(auto arities, AritiesOf(info));
  FunctionWalker walker(info, std::move(arities), limits.gc);
  ByteReader reader(code.contents, code.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader.Count("function bodies", base::kMaxExternsAndFunctions));
  const uint64_t most_values = kModuleValues + kModuleValuesPerByte * code.contents.size();
  uint64_t all_values = 0;
  const size_t imported = info.funcs.size() - std::min<size_t>(count, info.funcs.size());
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a function body"));
    const uint64_t offset = reader.offset();
    const auto where = [&] { return absl::StrCat("core function ", imported + i, " at ", offset); };
    if (size > limits.bytes) {
      return base::LimitError("function_bytes", limits.bytes,
                              absl::StrCat(where(), " has ", size, " bytes"));
    }
    DAVIT_ASSIGN_OR_RETURN(const ByteReader body, reader.Sub(size, "function body"));
    const uint32_t type = imported + i < info.funcs.size() ? info.funcs[imported + i].type : 0;
    const uint64_t limit = size <= kMostInlinedBytes ? limits.values / kMostInlined : limits.values;
    DAVIT_ASSIGN_OR_RETURN(const uint64_t values, walker.Walk(body, type, limit));
    if (values > limit) {
      return base::LimitError(
          "function_values", limit,
          absl::StrCat(where(), " asks too much of a compiler: too many costly ",
                       "instructions, values that they pass, or locals and ",
                       "operands at labels, branches and calls"));
    }
    all_values += values;
    if (all_values > most_values) {
      return base::LimitError("module_values", most_values,
                              "the functions of a core module have too many locals and operands");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFunctionCosts(std::span<const uint8_t> module, const CoreModuleInfo& info,
                                const FunctionLimits& limits) {
  DAVIT_ASSIGN_OR_RETURN(const auto sections, ReadCoreSections(module, /*base_offset=*/0));
  for (const CoreSection& section : sections) {
    if (section.id == CoreSectionId::kCode) return CheckCode(section, info, limits);
  }
  return absl::OkStatus();
}

}  // namespace davit::wasm
