#include "runtime/binary/validate/canon_options.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

absl::Status CheckAllowed(bool present, bool allowed, std::string_view option) {
  if (!present || allowed) return absl::OkStatus();
  return wasm::Violation(absl::StrCat("canonical option `", option, "` cannot be specified here"));
}

absl::Status CheckRequired(bool needed, bool present, std::string_view option) {
  if (!needed || present) return absl::OkStatus();
  return wasm::Violation(absl::StrCat("canonical option `", option, "` is required"));
}

bool ContainsPointer(const std::optional<ValueType>& type) {
  return type.has_value() && type->shape->layout->contains_pointer();
}

absl::Status CheckAsync(const Scope& scope, const CanonOptions& options,
                        const AllowedOptions& allowed) {
  if (options.callback.has_value() && !options.is_async) {
    return wasm::Violation("canonical option `callback` requires `async`");
  }
  if (!options.is_async) return absl::OkStatus();
  if (options.post_return.has_value()) {
    return wasm::Violation("canonical option `post-return` cannot be combined with `async`");
  }
  if (allowed.callback && !options.callback.has_value() &&
      !scope.validation.features.async_stackful) {
    return base::FeatureError("async_stackful", "an `async` lift without a `callback`");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOptions(const Scope& scope, const CanonOptions& options,
                          const AllowedOptions& allowed) {
  DAVIT_RETURN_IF_ERROR(CheckAllowed(options.realloc.has_value(), allowed.realloc, "realloc"));
  DAVIT_RETURN_IF_ERROR(
      CheckAllowed(options.post_return.has_value(), allowed.post_return, "post-return"));
  DAVIT_RETURN_IF_ERROR(CheckAllowed(options.is_async, allowed.async, "async"));
  DAVIT_RETURN_IF_ERROR(CheckAllowed(options.callback.has_value(), allowed.callback, "callback"));
  DAVIT_RETURN_IF_ERROR(CheckAsync(scope, options, allowed));
  if (options.memory.has_value()) DAVIT_RETURN_IF_ERROR(CheckMemory(scope, *options.memory));
  if (options.realloc.has_value()) {
    DAVIT_RETURN_IF_ERROR(CheckRequired(true, options.memory.has_value(), "memory"));
    DAVIT_RETURN_IF_ERROR(CheckCoreFunc(scope, *options.realloc, ReallocSignature(), "realloc"));
  }
  if (options.callback.has_value()) {
    DAVIT_RETURN_IF_ERROR(CheckCoreFunc(scope, *options.callback, CallbackSignature(), "callback"));
  }
  return absl::OkStatus();
}

absl::Status CheckMemory(const Scope& scope, uint32_t memory) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreMemoryType type,
                         ItemAt(scope.core_memories, memory, Sort::kCoreMemory));
  if (type.limits.shared) return wasm::Violation("canonical option `memory`: the memory is shared");
  if (type.limits.page_size_log2.value_or(16) != 16) {
    return wasm::Violation("canonical option `memory`: the memory has a custom page size");
  }
  if (!type.limits.is64) return absl::OkStatus();
  return base::FeatureError("memory64", "a 64-bit memory as a canonical option");
}

absl::Status CheckCoreFunc(const Scope& scope, uint32_t index, const types::CoreSignature& wanted,
                           std::string_view what) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                         ItemAt(scope.core_funcs, index, Sort::kCoreFunc));
  const wasm::CoreFuncType wanted_type = CoreFuncTypeOf(wanted);
  wasm::CoreTypeTable& core = scope.validation.core;
  if (type == core.Func(wanted_type)) return absl::OkStatus();
  return wasm::Violation(
      absl::StrCat("`", what, "` uses a core function with an incorrect signature: ", "expected ",
                   wasm::ToString(wanted_type), ", found ", wasm::ToString(*core.FuncOf(type))));
}

void RequiredOptions::PassOut(const std::optional<ValueType>& type) {
  if (ContainsPointer(type)) NeedMemory();
}

void RequiredOptions::Receive(const std::optional<ValueType>& type) {
  if (ContainsPointer(type)) NeedRealloc();
}

absl::Status RequiredOptions::Check(const CanonOptions& options) const {
  DAVIT_RETURN_IF_ERROR(CheckRequired(memory_, options.memory.has_value(), "memory"));
  return CheckRequired(realloc_, options.realloc.has_value(), "realloc");
}

}  // namespace davit::binary
