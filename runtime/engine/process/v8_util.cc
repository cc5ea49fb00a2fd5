#include "runtime/engine/process/v8_util.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::engine {

absl::StatusOr<v8::Local<v8::String>> V8String(v8::Isolate* isolate, std::string_view text) {
  v8::Local<v8::String> string;
  if (text.size() > static_cast<size_t>(v8::String::kMaxLength) ||
      !v8::String::NewFromUtf8(isolate, text.data(), v8::NewStringType::kInternalized,
                               static_cast<int>(text.size()))
           .ToLocal(&string)) {
    return absl::InternalError("a name is too long for V8");
  }
  return string;
}

std::string ToStdString(v8::Isolate* isolate, v8::Local<v8::Value> value) {
  const v8::String::Utf8Value utf8(isolate, value);
  return *utf8 == nullptr ? std::string() : std::string(*utf8, static_cast<size_t>(utf8.length()));
}

std::string MessageOf(v8::Isolate* isolate, v8::Local<v8::Message> message) {
  if (message.IsEmpty()) return "unknown exception";
  std::string text = ToStdString(isolate, message->Get());
  // "Uncaught RuntimeError: unreachable"
  const size_t colon = text.find(": ");
  return colon == std::string::npos ? text : text.substr(colon + 2);
}

absl::StatusOr<v8::Local<v8::Value>> GetProperty(v8::Local<v8::Context> context,
                                                 v8::Local<v8::Object> object,
                                                 std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::String> key, V8String(context->GetIsolate(), name));
  v8::Local<v8::Value> value;
  if (!object->Get(context, key).ToLocal(&value)) {
    return absl::InternalError(absl::StrCat("V8 cannot read property '", name, "'"));
  }
  return value;
}

v8::Local<v8::Object> BareObject(v8::Isolate* isolate, std::span<v8::Local<v8::Name>> names,
                                 std::span<v8::Local<v8::Value>> values) {
  return v8::Object::New(isolate, v8::Null(isolate), names.data(), values.data(), names.size());
}

}  // namespace davit::engine
