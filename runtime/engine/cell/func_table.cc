#include "runtime/engine/cell/func_table.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

constexpr uint32_t kFirstSize = 256;

}  // namespace

absl::StatusOr<std::unique_ptr<FuncTable>> FuncTable::Create(v8::Local<v8::Context> context,
                                                             const WasmApi& api) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  std::unique_ptr<FuncTable> table(new FuncTable(api));
  v8::Local<v8::Object> object;
  if (!api.NewTable(context, 0).ToLocal(&object)) {
    return absl::InternalError(absl::StrCat("V8 makes no table: ", MessageOf(isolate, caught)));
  }
  table->table_.Reset(isolate, object);
  return table;
}

absl::Status FuncTable::Grow(v8::Local<v8::Context> context) {
  const uint32_t more = std::max(size_, kFirstSize);
  const v8::TryCatch caught(context->GetIsolate());
  if (!api_.GrowTable(context, table_.Get(context->GetIsolate()), more)) {
    return base::LimitError("table_elements", size_, "too many entry functions in a cell");
  }
  free_.reserve(size_ + more);
  for (uint32_t slot = size_ + more; slot > size_; --slot) free_.push_back(slot - 1);
  size_ += more;
  return absl::OkStatus();
}

absl::StatusOr<uint32_t> FuncTable::Put(v8::Local<v8::Context> context,
                                        v8::Local<v8::Value> function) {
  if (free_.empty()) ClearStale(context);
  if (free_.empty()) DAVIT_RETURN_IF_ERROR(Grow(context));
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  const uint32_t slot = free_.back();
  if (!api_.SetTable(context, table_.Get(isolate), slot, function)) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a function that can be called: ", MessageOf(isolate, caught)));
  }
  free_.pop_back();
  return slot;
}

void FuncTable::Clear(v8::Local<v8::Context> context, uint32_t slot) {
  stale_.push_back(slot);
  ClearStale(context);
}

void FuncTable::ClearStale(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  while (!stale_.empty()) {
    const uint32_t slot = stale_.back();
    if (!api_.SetTable(context, table_.Get(isolate), slot, v8::Null(isolate))) return;
    stale_.pop_back();
    free_.push_back(slot);
  }
}

}  // namespace davit::engine
