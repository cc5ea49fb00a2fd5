#ifndef DAVIT_RUNTIME_ENGINE_CODE_MEMORY_IMAGE_H_
#define DAVIT_RUNTIME_ENGINE_CODE_MEMORY_IMAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace davit::engine {

// The initial contents of a linear memory, shared by all memories that start with it. A small image
// is copied; a large one is a memory file that is mapped copy-on-write, so that a fresh memory
// costs only the pages that its guest writes. Immutable, thread-safe.
class MemoryImage {
 public:
  // From this many bytes on (between the first and the last that are not zero) it is mapped: the
  // faults of a guest that writes everything cost as much as copying about that much.
  static constexpr size_t kMappedBytes = 256 << 10;

  // So many are mapped in the process, each of which holds a descriptor; more are copied.
  static constexpr int kMaxMapped = 512;

  // Of a memory that has `bytes` at `address`, and zeros elsewhere.
  // Errors: RESOURCE_EXHAUSTED when the memory file cannot be made.
  static absl::StatusOr<std::unique_ptr<const MemoryImage>> Create(uint64_t address,
                                                                   std::string_view bytes);
  ~MemoryImage();
  MemoryImage(const MemoryImage&) = delete;
  MemoryImage& operator=(const MemoryImage&) = delete;

  // Gives `memory` these contents. REQUIRES: it is all zero, page-aligned and reaches to the
  // image's end.
  // Errors: RESOURCE_EXHAUSTED when the mapping fails.
  absl::Status ApplyTo(std::span<uint8_t> memory) const;

  // Whether ApplyTo makes memory maps (one more, at most two).
  bool mapped() const { return file_ >= 0; }

 private:
  MemoryImage() = default;
  absl::Status Map(std::string_view bytes);

  size_t begin_ = 0;   // in the memory; a page boundary when mapped
  std::string bytes_;  // when copied
  int file_ = -1;      // when mapped
  size_t size_ = 0;    // of the file
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_MEMORY_IMAGE_H_
