#ifndef DAVIT_RUNTIME_CANON_NATIVE_RESOURCE_TAGS_H_
#define DAVIT_RUNTIME_CANON_NATIVE_RESOURCE_TAGS_H_

#include <utility>

#include "absl/status/status.h"
#include "runtime/types/resource_id.h"

// How a C++ type is tied to a resource type of the host, so that a guest cannot pass one kind of
// resource where a function takes another.
namespace davit::canon {

// Stands for a C++ type, which may be incomplete: equal to another where the types are the same.
class ResourceTag {
 public:
  template <typename T>
  static constexpr ResourceTag Of() {
    return ResourceTag(&kMark<T>);
  }
  friend bool operator==(ResourceTag, ResourceTag) = default;
  template <typename H>
  friend H AbslHashValue(H hash, ResourceTag tag) {
    return H::combine(std::move(hash), tag.mark_);
  }

 private:
  // Only its address counts, which is that of a variable: equal constants may share one.
  template <typename T>
  static inline char kMark = 0;

  explicit constexpr ResourceTag(const char* mark) : mark_(mark) {}
  const char* mark_;
};

// Which resource types of a component are the host's, and by which tags.
class ResourceTags {
 public:
  virtual ~ResourceTags() = default;
  // OK when `resource` is the one that the host defined with `tag`; else INVALID_ARGUMENT, which
  // says the name of that one.
  virtual absl::Status Match(types::ResourceId resource, ResourceTag tag) const = 0;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_NATIVE_RESOURCE_TAGS_H_
