#include "runtime/binary/function_cost.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_instructions.h"
#include "runtime/binary/core_sections.h"
#include "runtime/binary/core_types.h"

namespace davit::binary {
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

// Of a label, branch or call, in values: what the optimiser keeps for an edge of the control flow.
constexpr uint64_t kFixedCost = 32;

// Steps through one function body after the other and adds up what is alive where.
class FunctionWalker {
 public:
  FunctionWalker(const CoreModuleInfo& info, std::vector<Arity> arities)
      : info_(info), arities_(std::move(arities)) {}

  // The kept values of a function; stops adding once they exceed `limit`.
  absl::StatusOr<uint64_t> Walk(ByteReader body, uint32_t type, uint64_t limit) {
    reader_ = &body;
    kept_ = height_ = 0;
    locals_ = ArityOf(type).params;
    DAVIT_RETURN_IF_ERROR(ReadLocals());
    frames_.assign(1, Frame{});
    while (!frames_.empty() && kept_ <= limit) DAVIT_RETURN_IF_ERROR(Step());
    return kept_;
  }

 private:
  struct Frame {
    uint64_t base = 0;  // operands below it
    Arity type;
  };

  Arity ArityOf(uint32_t type) const { return type < arities_.size() ? arities_[type] : Arity{}; }
  Arity ArityOfFunc(uint32_t func) const {
    return func < info_.funcs.size() ? ArityOf(info_.funcs[func].type) : Arity{};
  }
  uint32_t ParamsOfTag(uint32_t tag) const {
    return tag < info_.tags.size() ? ArityOf(info_.tags[tag].type).params : 0;
  }

  void Keep(uint64_t times = 1) { kept_ += times * (kFixedCost + locals_ + height_); }
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
    const Instruction instruction = InstructionOf(opcode);
    DAVIT_RETURN_IF_ERROR(ReadImmediates(instruction.immediates));
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
    Keep(uint64_t{count} + 1);
    return absl::OkStatus();
  }

  absl::Status ReadTryHandlers() {
    constexpr uint8_t kCatchAllClause = 2;  // it and the next one have no tag
    DAVIT_RETURN_IF_ERROR(ReadBlockType());
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader_->U32("catch clauses"));
    for (uint32_t i = 0; i < count; ++i) {
      DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, reader_->Byte("catch clause"));
      if (kind < kCatchAllClause) DAVIT_RETURN_IF_ERROR(reader_->U32("tag").status());
      DAVIT_RETURN_IF_ERROR(reader_->U32("label").status());
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
      case kTry:
      case kTryTable:
        Pop(block_.params);
        frames_.push_back({.base = height_, .type = block_});
        height_ += block_.params;
        break;
      case kElse:
        height_ = frames_.back().base + frames_.back().type.params;
        break;
      case kCatch:
        height_ = frames_.back().base + ParamsOfTag(first_);
        break;
      case kCatchAll:
        height_ = frames_.back().base;
        break;
      case kEnd:
      case kDelegate:
        height_ = frames_.back().base + frames_.back().type.results;
        frames_.pop_back();
        break;
      case kCall:
        Apply(ArityOfFunc(first_));
        break;
      case kCallIndirect:
      case kCallRef:
        Apply(ArityOf(first_));
        break;
      case kStructNew:
        // It pushed one and then pops the fields, which lie below.
        Pop(uint64_t{ArityOf(first_).params} + 1);
        ++height_;
        break;
      case kArrayNewFixed:
        Pop(uint64_t{second_} + 1);
        ++height_;
        break;
      case kUnreachable:
      case kThrow:
      case kRethrow:
      case kThrowRef:
      case kBr:
      case kBrTable:
      case kReturn:
      case kReturnCall:
      case kReturnCallIndirect:
      case kReturnCallRef:
        EndOfReachableCode();
        break;
      default:
        break;
    }
  }

  const CoreModuleInfo& info_;
  const std::vector<Arity> arities_;
  ByteReader* reader_ = nullptr;
  std::vector<Frame> frames_;
  uint64_t locals_ = 0, height_ = 0, kept_ = 0;
  // Immediates of the current instruction.
  uint32_t first_ = 0, second_ = 0;
  Arity block_;
};

absl::Status CheckCode(const CoreSection& code, const CoreModuleInfo& info,
                       const FunctionLimits& limits) {
  DAVIT_ASSIGN_OR_RETURN(auto arities, AritiesOf(info));
  FunctionWalker walker(info, std::move(arities));
  ByteReader reader(code.contents, code.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader.Count("function bodies", base::kMaxExternsAndFunctions));
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
    DAVIT_ASSIGN_OR_RETURN(const uint64_t kept, walker.Walk(body, type, limits.kept_values));
    if (kept > limits.kept_values) {
      return base::LimitError("function_values", limits.kept_values,
                              absl::StrCat(where(), " has too many locals and operands at too ",
                                           "many labels, branches and calls"));
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

}  // namespace davit::binary
