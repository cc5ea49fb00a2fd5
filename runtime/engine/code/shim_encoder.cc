#include "runtime/engine/code/shim_encoder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

using types::CoreSignature;
using types::CoreType;
using wasm::CoreEncoder;
using wasm::CoreSectionId;

// The instructions of shims. Spec: WebAssembly core, Binary Format, Instructions.
enum Op : uint8_t {
  kUnreachable = 0x00,
  kBlock = 0x02,
  kLoop = 0x03,
  kIf = 0x04,
  kElse = 0x05,
  kEnd = 0x0b,
  kBr = 0x0c,
  kBrIf = 0x0d,
  kCall = 0x10,
  kCallIndirect = 0x11,
  kTryTable = 0x1f,
  kLocalGet = 0x20,
  kLocalSet = 0x21,
  kLocalTee = 0x22,
  kI32Load = 0x28,
  kI64Load = 0x29,
  kF32Load = 0x2a,
  kF64Load = 0x2b,
  kI32Store = 0x36,
  kI64Store = 0x37,
  kF64Store = 0x39,
  kI32Const = 0x41,
  kI32Eq = 0x46,
  kI32Ne = 0x47,
  kI32Add = 0x6a,
  kI32Sub = 0x6b,
  kI64ExtendI32U = 0xad,
  kI32ReinterpretF32 = 0xbc,
};
constexpr uint8_t kEmptyBlock = 0x40;
constexpr uint8_t kFuncType = 0x60;
constexpr uint8_t kFuncref = 0x70;
constexpr uint8_t kCatchAll = 0x02;
enum ExternKind : uint8_t { kFunc = 0, kTable = 1, kMemory = 2 };

constexpr uint32_t kHostFunc = 0;
constexpr uint32_t kNextFunc = 1;
constexpr uint32_t kThrownFunc = 2;
constexpr uint32_t kParkFunc = 3;
constexpr uint32_t kSeriesFunc = 4;
constexpr uint32_t kDriveFunc = 5;
constexpr uint32_t kFirstEntryFunc = 6;
constexpr uint32_t kGuestTable = 0;    // imported: the guests' functions
constexpr uint32_t kEntriesTable = 1;  // of every entry
constexpr uint32_t kSlotBytes = 8;

uint8_t Code(CoreType type) {
  switch (type) {
    case CoreType::kI32:
      return 0x7f;
    case CoreType::kI64:
      return 0x7e;
    case CoreType::kF32:
      return 0x7d;
    case CoreType::kF64:
      return 0x7c;
  }
  return 0x7f;
}

Op LoadOp(CoreType type) {
  switch (type) {
    case CoreType::kI32:
      return kI32Load;
    case CoreType::kI64:
      return kI64Load;
    case CoreType::kF32:
      return kF32Load;
    case CoreType::kF64:
      return kF64Load;
  }
  return kI32Load;
}

bool Is64(CoreType type) { return type == CoreType::kI64 || type == CoreType::kF64; }

uint32_t Count(const auto& list) { return static_cast<uint32_t>(list.size()); }

void AppendTypes(CoreEncoder& out, const std::vector<CoreType>& types) {
  out.U32(Count(types));
  for (CoreType type : types) out.Byte(Code(type));
}

void AppendFuncType(CoreEncoder& out, const CoreSignature& type) {
  out.Byte(kFuncType);
  AppendTypes(out, type.params);
  AppendTypes(out, type.results);
}

// Pushes slot `slot` of the frame whose address is in local `frame`.
void AppendLoad(CoreEncoder& out, CoreType type, uint32_t frame, uint32_t slot) {
  out.Byte(kLocalGet).U32(frame);
  out.Byte(LoadOp(type)).U32(Is64(type) ? 3 : 2).U32(slot * kSlotBytes);
}

// Stores local `value` to a slot; all 64 bits are written, so that no stale bits are left above a
// 32-bit value.
void AppendStore(CoreEncoder& out, CoreType type, uint32_t frame, uint32_t slot, uint32_t value) {
  out.Byte(kLocalGet).U32(frame);
  out.Byte(kLocalGet).U32(value);
  if (type == CoreType::kF32) out.Byte(kI32ReinterpretF32);
  if (!Is64(type)) out.Byte(kI64ExtendI32U);
  out.Byte(type == CoreType::kF64 ? kF64Store : kI64Store).U32(3).U32(slot * kSlotBytes);
}

void AppendLocals(CoreEncoder& out, const std::vector<CoreType>& locals) {
  out.U32(Count(locals));
  for (CoreType type : locals) out.U32(1).Byte(Code(type));
}

// Pushes the word at a constant address of the scratch memory.
void AppendWord(CoreEncoder& out, uint32_t address) {
  out.Byte(kI32Const).S32(0).Byte(kI32Load).U32(2).U32(address);
}

CoreEncoder EntryBody(const CoreSignature& type, uint32_t type_index) {
  constexpr uint32_t kFrame = 0, kFirstResult = 1;
  const uint32_t results = Count(type.results);
  std::vector<CoreType> locals = {CoreType::kI32};
  locals.insert(locals.end(), type.results.begin(), type.results.end());
  CoreEncoder out;
  AppendLocals(out, locals);
  AppendWord(out, kFrameAddress);
  out.Byte(kLocalSet).U32(kFrame);
  for (uint32_t i = 0; i < Count(type.params); ++i) AppendLoad(out, type.params[i], kFrame, i);
  AppendWord(out, kCalleeAddress);
  out.Byte(kCallIndirect).U32(type_index).U32(kGuestTable);
  for (uint32_t i = results; i > 0; --i) out.Byte(kLocalSet).U32(kFirstResult + i - 1);
  for (uint32_t i = 0; i < results; ++i) {
    AppendStore(out, type.results[i], kFrame, i, kFirstResult + i);
  }
  out.Byte(kEnd);
  return out;
}

CoreEncoder HostBody(const CoreSignature& type, uint32_t index) {
  const uint32_t frame = Count(type.params);
  const uint32_t op = frame + 1;
  CoreEncoder out;
  AppendLocals(out, {CoreType::kI32, CoreType::kI32});
  AppendWord(out, kTopAddress);
  out.Byte(kLocalSet).U32(frame);
  for (uint32_t i = 0; i < Count(type.params); ++i) {
    AppendStore(out, type.params[i], frame, i, /*value=*/i);
  }
  out.Byte(kI32Const).S32(static_cast<int32_t>(index));
  out.Byte(kLocalGet).U32(frame);
  out.Byte(kCall).U32(kHostFunc).Byte(kLocalTee).U32(op);
  out.Byte(kIf).Byte(kEmptyBlock).Byte(kLocalGet).U32(op).Byte(kCall).U32(kDriveFunc).Byte(kEnd);
  for (uint32_t i = 0; i < Count(type.results); ++i) AppendLoad(out, type.results[i], frame, i);
  out.Byte(kEnd);
  return out;
}

// Sets the word at a constant address to a local.
void AppendSetWord(CoreEncoder& out, uint32_t address, uint32_t local) {
  out.Byte(kI32Const).S32(0).Byte(kLocalGet).U32(local).Byte(kI32Store).U32(2).U32(address);
}

// The locals of functions that call what the words say; drivers have a param before them.
struct CallLocals {
  static constexpr uint32_t kCount = 6;
  explicit CallLocals(uint32_t first)
      : entry(first),
        callee(first + 1),
        frame(first + 2),
        stride(first + 3),
        left(first + 4),
        last(first + 5) {}
  const uint32_t entry, callee, frame, stride, left, last;
};

// Calls what the words say.
void AppendCalls(CoreEncoder& out, const CallLocals& locals, uint32_t entry_type) {
  constexpr uint32_t kRepeatLabel = 0;
  for (const auto& [local, address] : {std::pair{locals.entry, kEntryAddress},
                                       {locals.callee, kCalleeAddress},
                                       {locals.frame, kFrameAddress},
                                       {locals.stride, kStrideAddress},
                                       {locals.left, kCountAddress},
                                       {locals.last, kLastAddress}}) {
    AppendWord(out, address);
    out.Byte(kLocalSet).U32(local);
  }
  out.Byte(kLoop).Byte(kEmptyBlock);
  AppendSetWord(out, kCalleeAddress, locals.callee);
  AppendSetWord(out, kFrameAddress, locals.frame);
  out.Byte(kLocalGet).U32(locals.entry);
  out.Byte(kCallIndirect).U32(entry_type).U32(kEntriesTable);
  out.Byte(kLocalGet).U32(locals.frame).Byte(kLocalGet).U32(locals.stride).Byte(kI32Add);
  out.Byte(kLocalSet).U32(locals.frame);
  out.Byte(kLocalGet).U32(locals.left).Byte(kI32Const).S32(1).Byte(kI32Sub);
  out.Byte(kLocalTee).U32(locals.left).Byte(kBrIf).U32(kRepeatLabel).Byte(kEnd);
}

void AppendIfOp(CoreEncoder& out, uint32_t op, Op compare, ShimOp with) {
  out.Byte(kLocalGet).U32(op).Byte(kI32Const).S32(std::to_underlying(with));
  out.Byte(compare).Byte(kIf).Byte(kEmptyBlock);
}

// What follows an op other than a call, and asks for the next one; within a loop and its `if`.
void AppendParkAndAskAgain(CoreEncoder& out, uint32_t op) {
  constexpr uint32_t kAgainLabel = 0;
  out.Byte(kElse);
  AppendIfOp(out, op, kI32Ne, ShimOp::kPark);
  out.Byte(kUnreachable).Byte(kEnd);
  out.Byte(kCall).U32(kParkFunc).Byte(kEnd);
  out.Byte(kCall).U32(kNextFunc).Byte(kLocalTee).U32(op).Byte(kBrIf).U32(kAgainLabel);
}

CoreEncoder SeriesBody(uint32_t entry_type) {
  constexpr uint32_t kOp = 0;
  constexpr uint32_t kDoneLabel = 2;  // from where it stands
  const CallLocals locals(1);
  CoreEncoder out;
  AppendLocals(out, std::vector<CoreType>(1 + CallLocals::kCount, CoreType::kI32));
  out.Byte(kI32Const).S32(std::to_underlying(ShimOp::kCall)).Byte(kLocalSet).U32(kOp);
  out.Byte(kBlock).Byte(kEmptyBlock).Byte(kLoop).Byte(kEmptyBlock);
  AppendIfOp(out, kOp, kI32Eq, ShimOp::kCall);
  AppendCalls(out, locals, entry_type);
  out.Byte(kLocalGet).U32(locals.last).Byte(kBrIf).U32(kDoneLabel);
  AppendParkAndAskAgain(out, kOp);
  out.Byte(kEnd).Byte(kEnd).Byte(kEnd);
  return out;
}

CoreEncoder DriveBody(uint32_t entry_type) {
  constexpr uint32_t kOp = 0;
  constexpr uint32_t kCaughtLabel = 0, kReturnedLabel = 1;  // from where they stand
  const CallLocals locals(1);
  CoreEncoder out;
  AppendLocals(out, std::vector<CoreType>(CallLocals::kCount, CoreType::kI32));
  out.Byte(kLoop).Byte(kEmptyBlock);
  AppendIfOp(out, kOp, kI32Eq, ShimOp::kCall);
  out.Byte(kBlock).Byte(kEmptyBlock).Byte(kBlock).Byte(kEmptyBlock);
  out.Byte(kTryTable).Byte(kEmptyBlock).U32(1).Byte(kCatchAll).U32(kCaughtLabel);
  AppendCalls(out, locals, entry_type);
  out.Byte(kEnd);
  out.Byte(kBr).U32(kReturnedLabel).Byte(kEnd);
  out.Byte(kCall).U32(kThrownFunc).Byte(kUnreachable).Byte(kEnd);
  AppendParkAndAskAgain(out, kOp);
  out.Byte(kEnd).Byte(kEnd);
  return out;
}

absl::Status Check(const ShimSpec& spec) {
  if (spec.entries.size() > kMaxShims || spec.host_imports.size() > kMaxShims) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxShims, " shims"));
  }
  for (const auto* list : {&spec.entries, &spec.host_imports}) {
    for (const CoreSignature& type : *list) {
      if (std::max(type.params.size(), type.results.size()) > kMaxShimValues) {
        return absl::InvalidArgumentError(
            absl::StrCat("a shim with more than ", kMaxShimValues, " params or results"));
      }
    }
  }
  return absl::OkStatus();
}

// The types of a shim module, each once: V8 is told no more of them than there are.
class TypeSection {
 public:
  // The index of a function type.
  uint32_t Add(const CoreSignature& type) {
    CoreEncoder encoded;
    AppendFuncType(encoded, type);
    const auto next = static_cast<uint32_t>(indices_.size());
    const auto [known, is_new] = indices_.try_emplace(std::string(encoded.view()), next);
    if (is_new) types_.Append(encoded);
    return known->second;
  }
  CoreEncoder Contents() const {
    CoreEncoder out;
    out.U32(static_cast<uint32_t>(indices_.size())).Append(types_);
    return out;
  }

 private:
  absl::flat_hash_map<std::string, uint32_t> indices_;
  CoreEncoder types_;
};

// Builds the sections of one shim module. Functions: the four of the host, the series, the driver,
// entries, host imports.
class ShimEncoder {
 public:
  explicit ShimEncoder(const ShimSpec& spec)
      : spec_(spec),
        host_type_(types_.Add({{CoreType::kI32, CoreType::kI32}, {CoreType::kI32}})),
        entry_type_(types_.Add({})),
        next_type_(types_.Add({{}, {CoreType::kI32}})),
        drive_type_(types_.Add({{CoreType::kI32}, {}})),
        entry_types_(AddAll(spec.entries)),
        host_types_(AddAll(spec.host_imports)),
        entries_(Count(spec.entries)),
        hosts_(Count(spec.host_imports)) {}

  std::string Encode() const {
    return CoreEncoder()
        .Preamble()
        .Section(CoreSectionId::kType, types_.Contents())
        .Section(CoreSectionId::kImport, Imports())
        .Section(CoreSectionId::kFunction, Funcs())
        .Section(CoreSectionId::kTable, EntriesTable())
        .Section(CoreSectionId::kExport, Exports())
        .Section(CoreSectionId::kElement, EntriesElements())
        .Section(CoreSectionId::kCode, Bodies())
        .Take();
  }

 private:
  std::vector<uint32_t> AddAll(const std::vector<CoreSignature>& types) {
    std::vector<uint32_t> indices;
    indices.reserve(types.size());
    for (const CoreSignature& type : types) indices.push_back(types_.Add(type));
    return indices;
  }

  static CoreEncoder& AppendImport(CoreEncoder& out, std::string_view name, ExternKind kind) {
    return out.Name(kShimImportModule).Name(name).Byte(kind);
  }

  CoreEncoder Imports() const {
    constexpr uint8_t kMinOnly = 0, kMinAndMax = 1;
    CoreEncoder out;
    out.U32(6);
    AppendImport(out, kShimScratch, kMemory).Byte(kMinAndMax).U32(kScratchPages).U32(kScratchPages);
    AppendImport(out, kShimTable, kTable).Byte(kFuncref).Byte(kMinOnly).U32(0);
    AppendImport(out, kShimHost, kFunc).U32(host_type_);
    AppendImport(out, kShimNext, kFunc).U32(next_type_);
    AppendImport(out, kShimThrown, kFunc).U32(entry_type_);
    AppendImport(out, kShimPark, kFunc).U32(entry_type_);
    return out;
  }

  CoreEncoder Funcs() const {
    CoreEncoder out;
    out.U32(2 + entries_ + hosts_);
    out.U32(entry_type_);  // the series
    out.U32(drive_type_);
    for (uint32_t i = 0; i < entries_; ++i) out.U32(entry_type_);
    for (uint32_t type : host_types_) out.U32(type);
    return out;
  }

  CoreEncoder EntriesTable() const {
    constexpr uint8_t kMinAndMax = 1;
    CoreEncoder out;
    out.U32(1).Byte(kFuncref).Byte(kMinAndMax).U32(entries_).U32(entries_);
    return out;
  }

  CoreEncoder EntriesElements() const {
    constexpr uint32_t kActiveWithTable = 2;
    constexpr uint8_t kFuncIndices = 0;
    CoreEncoder out;
    out.U32(1).U32(kActiveWithTable).U32(kEntriesTable);
    out.Byte(kI32Const).S32(0).Byte(kEnd).Byte(kFuncIndices).U32(entries_);
    for (uint32_t i = 0; i < entries_; ++i) out.U32(kFirstEntryFunc + i);
    return out;
  }

  CoreEncoder Exports() const {
    CoreEncoder out;
    out.U32(1 + entries_ + hosts_);
    out.Name(kSeriesName).Byte(kFunc).U32(kSeriesFunc);
    for (uint32_t i = 0; i < entries_; ++i) {
      out.Name(EntryShimName(i)).Byte(kFunc).U32(kFirstEntryFunc + i);
    }
    for (uint32_t i = 0; i < hosts_; ++i) {
      out.Name(HostShimName(i)).Byte(kFunc).U32(kFirstEntryFunc + entries_ + i);
    }
    return out;
  }

  CoreEncoder Bodies() const {
    CoreEncoder out;
    out.U32(2 + entries_ + hosts_);
    out.Sized(SeriesBody(entry_type_));
    out.Sized(DriveBody(entry_type_));
    for (uint32_t i = 0; i < entries_; ++i) {
      out.Sized(EntryBody(spec_.entries[i], entry_types_[i]));
    }
    for (uint32_t i = 0; i < hosts_; ++i) out.Sized(HostBody(spec_.host_imports[i], i));
    return out;
  }

  const ShimSpec& spec_;
  TypeSection types_;
  const uint32_t host_type_;   // (param i32 i32) (result i32)
  const uint32_t entry_type_;  // no params
  const uint32_t next_type_;   // (result i32)
  const uint32_t drive_type_;  // (param i32)
  const std::vector<uint32_t> entry_types_, host_types_;
  const uint32_t entries_, hosts_;
};

}  // namespace

std::string EntryShimName(uint32_t i) { return absl::StrCat("e", i); }
std::string HostShimName(uint32_t i) { return absl::StrCat("i", i); }

absl::StatusOr<std::string> EncodeShims(const ShimSpec& spec) {
  DAVIT_RETURN_IF_ERROR(Check(spec));
  return ShimEncoder(spec).Encode();
}

}  // namespace davit::engine
