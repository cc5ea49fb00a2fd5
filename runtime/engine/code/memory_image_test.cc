#include "runtime/engine/code/memory_image.h"

#include <sys/mman.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace davit::engine {
namespace {

constexpr size_t kMemoryBytes = 1 << 20;

// A fresh memory as the engine has it: zero, on page boundaries.
class Memory {
 public:
  Memory()
      : base_(mmap(nullptr, kMemoryBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0)) {}
  ~Memory() { munmap(base_, kMemoryBytes); }
  std::span<uint8_t> view() { return {static_cast<uint8_t*>(base_), kMemoryBytes}; }
  std::string text() { return std::string(view().begin(), view().end()); }

 private:
  void* base_;
};

std::string Expected(std::string image) {
  image.resize(kMemoryBytes);
  return image;
}

std::string Zeros(size_t n) { return std::string(n, '\0'); }

TEST(MemoryImage, EmptyAndZeroImagesChangeNothing) {
  for (const std::string& bytes : {std::string(), Zeros(100), Zeros(kMemoryBytes)}) {
    const auto image = MemoryImage::Create(/*address=*/0, bytes);
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_FALSE((*image)->mapped());
    Memory memory;
    EXPECT_TRUE((*image)->ApplyTo(memory.view()).ok());
    EXPECT_EQ(memory.text(), Expected(""));
  }
}

TEST(MemoryImage, IsMappedFromItsSizeOn) {
  const size_t limit = MemoryImage::kMappedBytes;
  EXPECT_FALSE((*MemoryImage::Create(/*address=*/0, std::string(limit - 1, 'x')))->mapped());
  EXPECT_TRUE((*MemoryImage::Create(/*address=*/0, std::string(limit, 'x')))->mapped());
  EXPECT_FALSE((*MemoryImage::Create(/*address=*/0, Zeros(limit) + "x"))->mapped())
      << "zeros do not count";
}

TEST(MemoryImage, HasItsContentsWhereverTheyStart) {
  for (size_t begin : {0u, 1u, 4095u, 4096u, 5000u}) {
    for (size_t size : {1u, 4096u, 256u << 10, 300'001u}) {
      const std::string bytes = Zeros(begin) + std::string(size, 'x') + Zeros(7);
      Memory memory;
      EXPECT_TRUE((*MemoryImage::Create(/*address=*/0, bytes))->ApplyTo(memory.view()).ok());
      EXPECT_EQ(memory.text(), Expected(bytes)) << begin << " " << size;

      Memory same;
      EXPECT_TRUE((*MemoryImage::Create(begin, std::string(size, 'x')))->ApplyTo(same.view()).ok());
      EXPECT_EQ(same.text(), memory.text()) << begin << " " << size;
    }
  }
}

TEST(MemoryImage, MappedMemoriesDoNotSeeEachOther) {
  const auto image =
      *MemoryImage::Create(/*address=*/0, std::string(MemoryImage::kMappedBytes, 'x'));
  Memory first, second;
  EXPECT_TRUE(image->ApplyTo(first.view()).ok());
  first.view()[0] = 'y';
  EXPECT_TRUE(image->ApplyTo(second.view()).ok());
  EXPECT_EQ(second.view()[0], 'x');
}

TEST(MemoryImage, SoManyAreMappedAndMoreAreCopied) {
  const std::string bytes(MemoryImage::kMappedBytes, 'x');
  std::vector<std::unique_ptr<const MemoryImage>> images;
  for (int i = 0; i < MemoryImage::kMaxMapped; ++i) {
    images.push_back(*MemoryImage::Create(/*address=*/0, bytes));
    ASSERT_TRUE(images.back()->mapped());
  }
  const auto copied = *MemoryImage::Create(/*address=*/0, bytes);
  EXPECT_FALSE(copied->mapped());
  Memory memory;
  EXPECT_TRUE(copied->ApplyTo(memory.view()).ok());
  EXPECT_EQ(memory.text(), Expected(bytes));
  images.pop_back();
  EXPECT_TRUE((*MemoryImage::Create(/*address=*/0, bytes))->mapped());
}

TEST(MemoryImage, RefusesAShorterMemory) {
  Memory memory;
  const auto image = *MemoryImage::Create(/*address=*/0, Zeros(5000) + "x");
  EXPECT_FALSE(image->ApplyTo(memory.view().first(5000)).ok());
  EXPECT_TRUE(image->ApplyTo(memory.view().first(5001)).ok());
}

}  // namespace
}  // namespace davit::engine
