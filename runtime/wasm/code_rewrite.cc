#include "runtime/wasm/code_rewrite.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_instructions.h"
#include "runtime/wasm/interruption_points.h"

namespace davit::wasm {
namespace {

using base::ByteReader;

class CodeRewriter {
 public:
  explicit CodeRewriter(const CoreModuleInfo& info) : info_(info), functions_(info) {}

  absl::StatusOr<RewrittenCode> Rewrite(const CoreSection& code) && {
    ByteReader reader(code.contents, code.offset);
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                           reader.Count("function bodies", base::kMaxExternsAndFunctions));
    for (uint32_t i = 0; i < count; ++i) {
      DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a function body"));
      DAVIT_ASSIGN_OR_RETURN(const ByteReader body, reader.Sub(size, "function body"));
      DAVIT_RETURN_IF_ERROR(RewriteBody(body));
    }
    DAVIT_RETURN_IF_ERROR(reader.ExpectDone("core code section"));
    constexpr uint32_t kMost = base::kMaxExternsAndFunctions;
    if (info_.funcs.size() + functions_.count() > kMost) {
      return base::LimitError("core_functions", kMost,
                              "a core module has more, with those that davit adds");
    }
    return Finish(count, code);
  }

 private:
  // What stands in place of [begin, end) of the code section.
  struct Edit {
    uint64_t begin = 0, end = 0;  // absolute
    bool looks = false;
    std::optional<uint32_t> call;
  };

  absl::Status RewriteBody(ByteReader body) {
    const uint64_t begin = body.offset();
    const std::span<const uint8_t> bytes = body.rest();
    DAVIT_RETURN_IF_ERROR(SkipLocals(body));
    const uint64_t first = body.offset();
    edits_.assign(1, Edit{.begin = first, .end = first});
    points_.BeginBody();
    while (points_.depth() > 0) DAVIT_RETURN_IF_ERROR(Step(body));
    DAVIT_RETURN_IF_ERROR(body.ExpectDone("function body"));
    edits_.front().looks = points_.needs_look_at_entry();
    Write(begin, bytes);
    return absl::OkStatus();
  }

  absl::Status Step(ByteReader& body) {
    const uint64_t begin = body.offset();
    DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(body));
    const Immediates immediates = InstructionOf(opcode).immediates;
    if (BulkFunctions::IsBulk(opcode)) {
      DAVIT_ASSIGN_OR_RETURN(const auto call, ReadBulk(body, opcode, immediates));
      if (call.has_value()) {
        edits_.push_back(
            {.begin = begin, .end = body.offset(), .looks = points_.StepOverCall(), .call = call});
        return absl::OkStatus();
      }
    } else {
      DAVIT_RETURN_IF_ERROR(SkipImmediates(body, immediates));
    }
    if (points_.Step(opcode, immediates)) {
      edits_.push_back({.begin = begin, .end = begin, .looks = true});
    }
    return absl::OkStatus();
  }

  // The function to call instead.
  absl::StatusOr<std::optional<uint32_t>> ReadBulk(ByteReader& body, Opcode opcode,
                                                   Immediates immediates) {
    BulkInstruction bulk{.opcode = opcode};
    DAVIT_ASSIGN_OR_RETURN(bulk.first, body.U32("index"));
    if (immediates == Immediates::kTwoIndices) {
      DAVIT_ASSIGN_OR_RETURN(bulk.second, body.U32("index"));
    }
    return functions_.FunctionFor(bulk);
  }

  // Writes the body with its edits. `begin` is the absolute offset of its bytes.
  void Write(uint64_t begin, std::span<const uint8_t> bytes) {
    CoreEncoder body;
    const auto copy = [&](uint64_t from, uint64_t to) {
      body.Bytes(bytes.subspan(from - begin, to - from));
    };
    // Where the bytes behind each edit are: in the new body, and absolute in the old section.
    places_.assign(1, {0, begin});
    uint64_t at = begin;
    for (const Edit& edit : edits_) {
      if (!edit.looks && !edit.call.has_value()) continue;
      copy(at, edit.begin);
      if (edit.looks) {
        body.Bytes(std::span<const uint8_t>(kLook));
        places_.emplace_back(body.view().size(), edit.begin);
      }
      if (edit.call.has_value()) body.Byte(kCall).U32(*edit.call);
      at = edit.end;
      places_.emplace_back(body.view().size(), at);
    }
    copy(at, begin + bytes.size());
    bodies_.U32(static_cast<uint32_t>(body.view().size()));
    const uint64_t start = bodies_.view().size();
    bodies_.Append(body);
    for (const auto& [rewritten, original] : places_) {
      all_places_.emplace_back(start + rewritten, original);
    }
  }

  RewrittenCode Finish(uint32_t count, const CoreSection& code) {
    CoreEncoder contents;
    contents.U32(count + functions_.count());
    const uint64_t start = contents.view().size();
    CodeMap map;
    for (const auto& [rewritten, original] : all_places_) {
      map.Add(start + rewritten, original - code.offset);
    }
    contents.Append(bodies_).Append(functions_.bodies());
    return {
        .contents = std::move(contents), .functions = std::move(functions_), .map = std::move(map)};
  }

  const CoreModuleInfo& info_;
  BulkFunctions functions_;
  InterruptionPoints points_;
  CoreEncoder bodies_;
  std::vector<Edit> edits_;                                // of the current body
  std::vector<std::pair<uint64_t, uint64_t>> places_;      // of the current body
  std::vector<std::pair<uint64_t, uint64_t>> all_places_;  // in bodies_
};

}  // namespace

absl::StatusOr<RewrittenCode> RewriteCode(const CoreSection& code, const CoreModuleInfo& info) {
  return CodeRewriter(info).Rewrite(code);
}

}  // namespace davit::wasm
