#ifndef DAVIT_RUNTIME_WASI_RESOURCE_TABLE_H_
#define DAVIT_RUNTIME_WASI_RESOURCE_TABLE_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/status_macros.h"
#include "runtime/handles/handle_table.h"

namespace davit::wasi {

// What a rep of a guest stands for.
class Resource {
 public:
  virtual ~Resource() = default;
};

// What the host keeps for the handles of one instance: of every kind in one table, in which some
// are the children of others. Every error is a trap. Used by whoever has the instance.
class ResourceTable {
 public:
  // `most`: alive at a time.
  explicit ResourceTable(uint32_t most) : most_(most) {}
  // Children end before their parents.
  ~ResourceTable() { Clear(); }
  ResourceTable(const ResourceTable&) = delete;
  ResourceTable& operator=(const ResourceTable&) = delete;

  // Its rep, which is never 0. While it lives, `parent` (rep 0: none) cannot be dropped or taken.
  template <typename T>
  absl::StatusOr<handles::Rep> Add(std::unique_ptr<T> resource, handles::Rep parent = {}) {
    return Insert(&kKind<T>, std::move(resource), parent);
  }
  // The resource, as long as it is not dropped; of type T.
  template <typename T>
  absl::StatusOr<T*> Get(handles::Rep rep) {
    DAVIT_ASSIGN_OR_RETURN(Slot* const slot, Find(&kKind<T>, rep));
    return static_cast<T*>(slot->resource.get());
  }
  // Takes it out.
  template <typename T>
  absl::StatusOr<std::unique_ptr<T>> Take(handles::Rep rep) {
    DAVIT_ASSIGN_OR_RETURN(std::unique_ptr<Resource> resource, Remove(&kKind<T>, rep));
    return std::unique_ptr<T>(static_cast<T*>(resource.release()));
  }
  template <typename T>
  absl::Status Drop(handles::Rep rep) {
    return Remove(&kKind<T>, rep).status();
  }

  uint32_t size() const { return size_; }
  void Clear();

 private:
  // Its address, as that of a variable, says of which type a resource is.
  template <typename T>
  static inline char kKind = 0;

  struct Slot {
    const char* kind = nullptr;  // null: free
    std::unique_ptr<Resource> resource;
    handles::Rep parent;
    uint32_t children = 0;
  };

  absl::StatusOr<handles::Rep> Insert(const char* kind, std::unique_ptr<Resource> resource,
                                      handles::Rep parent);
  absl::StatusOr<Slot*> Find(const char* kind, handles::Rep rep);
  absl::StatusOr<std::unique_ptr<Resource>> Remove(const char* kind, handles::Rep rep);
  std::unique_ptr<Resource> Free(handles::Rep rep);
  Slot& At(handles::Rep rep) { return slots_[rep.value - 1]; }

  const uint32_t most_;
  uint32_t size_ = 0;
  std::vector<Slot> slots_;  // of rep - 1
  std::vector<handles::Rep> free_;
};

}  // namespace davit::wasi

#endif  // DAVIT_RUNTIME_WASI_RESOURCE_TABLE_H_
