#include "runtime/engine/cell/wasm_api.h"

#include <array>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

absl::StatusOr<v8::Local<v8::Object>> GetObject(v8::Local<v8::Context> context,
                                                v8::Local<v8::Object> object,
                                                std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::Value> value, GetProperty(context, object, name));
  if (!value->IsObject()) return absl::InternalError(absl::StrCat("V8 has no ", name));
  return value.As<v8::Object>();
}

absl::Status GetFunction(v8::Local<v8::Context> context, v8::Local<v8::Object> object,
                         std::string_view name, v8::Global<v8::Function>& function) {
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::Object> value, GetObject(context, object, name));
  if (!value->IsFunction()) return absl::InternalError(absl::StrCat("V8 has no ", name, "()"));
  function.Reset(context->GetIsolate(), value.As<v8::Function>());
  return absl::OkStatus();
}

absl::Status MakeString(v8::Isolate* isolate, std::string_view text,
                        v8::Global<v8::String>& string) {
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::String> local, V8String(isolate, text));
  string.Reset(isolate, local);
  return absl::OkStatus();
}

// Page counts are numbers for 32-bit memories and BigInts for 64-bit ones.
v8::Local<v8::Value> PageCount(v8::Isolate* isolate, bool is64, uint64_t pages) {
  if (is64) return v8::BigInt::NewFromUnsigned(isolate, pages);
  return v8::Number::New(isolate, static_cast<double>(pages));
}

bool IsInstance(v8::Local<v8::Context> context, v8::Local<v8::Value> value,
                v8::Local<v8::Object> constructor) {
  return value->InstanceOf(context, constructor).FromMaybe(false);
}

}  // namespace

absl::StatusOr<std::unique_ptr<WasmApi>> WasmApi::Create(v8::Local<v8::Context> context) {
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  std::unique_ptr<WasmApi> api(new WasmApi);
  api->isolate_ = isolate;
  DAVIT_ASSIGN_OR_RETURN(auto wasm, GetObject(context, context->Global(), "WebAssembly"));
  DAVIT_RETURN_IF_ERROR(GetFunction(context, wasm, "Instance", api->instance_));
  DAVIT_RETURN_IF_ERROR(GetFunction(context, wasm, "Memory", api->memory_));
  DAVIT_RETURN_IF_ERROR(GetFunction(context, wasm, "Table", api->table_));
  DAVIT_ASSIGN_OR_RETURN(auto table, GetObject(context, api->table_.Get(isolate), "prototype"));
  DAVIT_RETURN_IF_ERROR(GetFunction(context, table, "grow", api->table_grow_));
  DAVIT_RETURN_IF_ERROR(GetFunction(context, table, "set", api->table_set_));
  DAVIT_ASSIGN_OR_RETURN(auto link_error, GetObject(context, wasm, "LinkError"));
  api->link_error_.Reset(isolate, link_error);
  DAVIT_ASSIGN_OR_RETURN(auto exception, GetObject(context, wasm, "Exception"));
  api->exception_.Reset(isolate, exception);
  for (auto [text, string] : {std::pair{"exports", &api->exports_},
                              {"initial", &api->initial_},
                              {"maximum", &api->maximum_},
                              {"address", &api->address_},
                              {"element", &api->element_},
                              {"i64", &api->i64_},
                              {"anyfunc", &api->anyfunc_},
                              {"value", &api->value_}}) {
    DAVIT_RETURN_IF_ERROR(MakeString(isolate, text, *string));
  }
  return api;
}

v8::MaybeLocal<v8::Object> WasmApi::Instantiate(v8::Local<v8::Context> context,
                                                v8::Local<v8::WasmModuleObject> module,
                                                v8::Local<v8::Object> imports) const {
  std::array<v8::Local<v8::Value>, 2> args = {module, imports};
  v8::Local<v8::Object> instance;
  v8::Local<v8::Value> exports;
  if (!instance_.Get(isolate_)->NewInstance(context, 2, args.data()).ToLocal(&instance) ||
      !instance->Get(context, exports_.Get(isolate_)).ToLocal(&exports)) {
    return {};
  }
  return exports.As<v8::Object>();
}

v8::MaybeLocal<v8::WasmMemoryObject> WasmApi::NewMemory(v8::Local<v8::Context> context, bool is64,
                                                        uint64_t min_pages,
                                                        uint64_t max_pages) const {
  std::array<v8::Local<v8::Name>, 3> names = {initial_.Get(isolate_), maximum_.Get(isolate_),
                                              address_.Get(isolate_)};
  std::array<v8::Local<v8::Value>, 3> values = {PageCount(isolate_, is64, min_pages),
                                                PageCount(isolate_, is64, max_pages),
                                                i64_.Get(isolate_)};
  const size_t count = is64 ? 3 : 2;
  v8::Local<v8::Value> descriptor =
      BareObject(isolate_, std::span(names).first(count), std::span(values).first(count));
  v8::Local<v8::Object> memory;
  if (!memory_.Get(isolate_)->NewInstance(context, 1, &descriptor).ToLocal(&memory)) return {};
  return memory.As<v8::WasmMemoryObject>();
}

v8::MaybeLocal<v8::Object> WasmApi::NewTable(v8::Local<v8::Context> context, uint32_t size) const {
  std::array<v8::Local<v8::Name>, 2> names = {initial_.Get(isolate_), element_.Get(isolate_)};
  std::array<v8::Local<v8::Value>, 2> values = {v8::Integer::NewFromUnsigned(isolate_, size),
                                                anyfunc_.Get(isolate_)};
  v8::Local<v8::Value> descriptor = BareObject(isolate_, names, values);
  return table_.Get(isolate_)->NewInstance(context, 1, &descriptor);
}

bool WasmApi::GrowTable(v8::Local<v8::Context> context, v8::Local<v8::Object> table,
                        uint32_t more) const {
  v8::Local<v8::Value> arg = v8::Integer::NewFromUnsigned(isolate_, more);
  return !table_grow_.Get(isolate_)->Call(isolate_, context, table, 1, &arg).IsEmpty();
}

bool WasmApi::SetTable(v8::Local<v8::Context> context, v8::Local<v8::Object> table, uint32_t index,
                       v8::Local<v8::Value> value) const {
  std::array<v8::Local<v8::Value>, 2> args = {v8::Integer::NewFromUnsigned(isolate_, index), value};
  return !table_set_.Get(isolate_)->Call(isolate_, context, table, 2, args.data()).IsEmpty();
}

v8::MaybeLocal<v8::Value> WasmApi::GetGlobal(v8::Local<v8::Context> context,
                                             v8::Local<v8::Object> global) const {
  return global->Get(context, value_.Get(isolate_));
}

bool WasmApi::SetGlobal(v8::Local<v8::Context> context, v8::Local<v8::Object> global,
                        v8::Local<v8::Value> value) const {
  return global->Set(context, value_.Get(isolate_), value).FromMaybe(false);
}

bool WasmApi::IsLinkError(v8::Local<v8::Context> context, v8::Local<v8::Value> exception) const {
  return IsInstance(context, exception, link_error_.Get(isolate_));
}

bool WasmApi::IsGuestException(v8::Local<v8::Context> context,
                               v8::Local<v8::Value> exception) const {
  return IsInstance(context, exception, exception_.Get(isolate_));
}

}  // namespace davit::engine
