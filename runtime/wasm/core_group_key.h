#ifndef DAVIT_RUNTIME_WASM_CORE_GROUP_KEY_H_
#define DAVIT_RUNTIME_WASM_CORE_GROUP_KEY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "runtime/base/byte_reader.h"
#include "runtime/wasm/core_type.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {

// The encoding of a rec group of core types that equal groups share and no other group has:
// references to types before the group as the caller names them, to members of the group by
// position. Not thread-safe. Spec: WebAssembly core, Validation, Types (rolling up).
class CoreGroupKey {
 public:
  // Appends to the key what names the type at `index`, in a form that ends by itself. Its errors
  // are those of Add.
  using NameEarlier = absl::FunctionRef<absl::Status(uint64_t index, std::string& key)>;

  // Of the `size` types of an index space from `first` on. What `name_earlier` refers to outlives
  // this.
  CoreGroupKey(uint64_t first, size_t size, NameEarlier name_earlier)
      : first_(first), size_(size), name_earlier_(name_earlier) {}

  // The next type of the group. Error: INVALID_ARGUMENT without an offset where an index is out of
  // bounds or the body of a struct or array is malformed.
  absl::Status Add(const CoreSubType& type);

  // Params, results and fields of the types so far.
  uint64_t values() const { return values_; }
  std::string Take() && { return std::move(key_); }

 private:
  void Number(uint64_t n);
  absl::Status Index(uint64_t index);
  absl::Status ValType(const CoreValType& type);
  absl::Status ValTypes(std::span<const CoreValType> types);
  absl::Status Func(const CoreFuncType& func);
  absl::Status Fields(std::span<const uint8_t> body);
  absl::Status Field(base::ByteReader& bytes, CoreTypeReader& types);

  const uint64_t first_;
  const size_t size_;
  const NameEarlier name_earlier_;
  uint64_t values_ = 0;
  std::string key_;
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_GROUP_KEY_H_
