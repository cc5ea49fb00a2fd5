#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_V8_UTIL_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_V8_UTIL_H_

#include <v8.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Small steps of the V8 API. All of them need the isolate entered, a handle scope and the context.
namespace davit::engine {

// An internalized string. Errors: INTERNAL when it is longer than V8 allows.
absl::StatusOr<v8::Local<v8::String>> V8String(v8::Isolate* isolate, std::string_view text);
std::string ToStdString(v8::Isolate* isolate, v8::Local<v8::Value> value);

// What a message, which may be empty, says: that of an exception without the name of its class.
std::string MessageOf(v8::Isolate* isolate, v8::Local<v8::Message> message);
inline std::string MessageOf(v8::Isolate* isolate, const v8::TryCatch& caught) {
  return MessageOf(isolate, caught.Message());
}

// object[name]. Errors: INTERNAL when the access throws.
absl::StatusOr<v8::Local<v8::Value>> GetProperty(v8::Local<v8::Context> context,
                                                 v8::Local<v8::Object> object,
                                                 std::string_view name);

// An object with these properties and no prototype, so that no name finds or sets anything else.
v8::Local<v8::Object> BareObject(v8::Isolate* isolate, std::span<v8::Local<v8::Name>> names,
                                 std::span<v8::Local<v8::Value>> values);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_V8_UTIL_H_
