#include "runtime/wasi/fs/memory_file.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/error.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/fs/memory_layer.h"
#include "runtime/wasi/fs/memory_tree.h"
#include "runtime/wasi/fs/test_files.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

using ::absl_testing::IsOk;

// A file over an image's, and a string that the same is done to.
class MemoryFileTest : public ::testing::TestWithParam<uint64_t> {
 protected:
  static constexpr size_t kPage = MemoryFile::kPageBytes;
  static constexpr uint64_t kMaxBytes = 8 * kPage;

  void Begin(size_t image_bytes) {
    below_.resize(image_bytes);
    for (char& byte : below_) byte = static_cast<char>('a' + random_() % 26);
    ImageBuilder builder;
    ASSERT_THAT(builder.AddFile("file", below_), IsOk());
    layer_ = std::make_shared<MemoryLayer>(builder.Build(nullptr),
                                           MemoryLimits{.max_bytes = kMaxBytes}, CurrentTime);
    const Image::Index entry = *layer_->image().Find(Image::kRoot, "file");
    file_ = std::make_shared<MemoryFile>(layer_, entry);
    model_ = below_;
    own_.assign(image_bytes / kPage + 1, false);
  }

  // Where something of interest may be: near the bounds of pages and of the file.
  uint64_t Offset() {
    const uint64_t pages = 1 + model_.size() / kPage;
    const uint64_t near = random_() % 2 == 0 ? model_.size() : random_() % (pages + 1) * kPage;
    const uint64_t offset = near + random_() % 200;
    return offset < 100 ? 0 : offset - 100;
  }

  // What the file has to be charged for, counted anew: all but what is read from the image.
  uint64_t Charged() const {
    uint64_t shared = 0;
    for (size_t page = 0; page < own_.size(); ++page) {
      if (own_[page] || page * kPage >= below_.size()) continue;
      shared += std::min(below_.size() - page * kPage, kPage);
    }
    return model_.size() - shared;
  }

  void Write(uint64_t offset, size_t length) {
    std::string bytes(length, static_cast<char>('A' + random_() % 26));
    const uint64_t before = layer_->usage().bytes;
    const auto written = file_->Write(std::as_bytes(std::span(bytes)), offset);
    if (!written) {
      EXPECT_EQ(Code(written), "insufficient-space");
      EXPECT_EQ(layer_->usage().bytes, before);
      return;
    }
    if (length == 0) return;
    if (model_.size() < offset + length) model_.resize(offset + length, '\0');
    model_.replace(offset, length, bytes);
    const size_t last = (offset + length - 1) / kPage;
    if (own_.size() <= last) own_.resize(last + 1, false);
    for (size_t page = offset / kPage; page <= last; ++page) own_[page] = true;
  }

  void SetSize(uint64_t size) {
    if (!file_->SetSize(size)) return;
    model_.resize(size, '\0');
    below_.resize(std::min<size_t>(below_.size(), size));
    own_.resize(std::min<size_t>(own_.size(), (size + kPage - 1) / kPage));
  }

  void Read(uint64_t offset, size_t length) {
    std::string bytes(length, '#');
    const auto read = file_->Read(std::as_writable_bytes(std::span(bytes)), offset);
    ASSERT_EQ(Code(read), "ok");
    const std::string expected =
        offset < model_.size() ? model_.substr(offset, length) : std::string();
    ASSERT_EQ(bytes.substr(0, read->size), expected);
  }

  std::mt19937_64 random_{GetParam()};
  std::string below_, model_;
  std::vector<bool> own_;
  std::shared_ptr<MemoryLayer> layer_;
  std::shared_ptr<MemoryFile> file_;
};

INSTANTIATE_TEST_SUITE_P(, MemoryFileTest, ::testing::Range<uint64_t>(0, 12));

TEST_P(MemoryFileTest, IsWhatAStringWouldBeAndChargedForExactly) {
  const size_t sizes[] = {0, 1, kPage - 1, kPage, kPage + 1, 5 * kPage + 77};
  Begin(sizes[GetParam() % std::size(sizes)]);
  for (int i = 0; i < 1500; ++i) {
    switch (random_() % 4) {
      case 0:
        Write(Offset(), random_() % 300);
        break;
      case 1:
        Write(Offset(), random_() % (3 * kPage));
        break;
      case 2:
        Read(Offset(), random_() % (2 * kPage));
        break;
      default:
        if (random_() % 4 == 0) SetSize(Offset());
    }
    ASSERT_EQ(layer_->usage().bytes, Charged()) << i;
    ASSERT_LE(layer_->usage().bytes, kMaxBytes);
  }
  Read(0, model_.size() + 1);
  file_.reset();
  EXPECT_EQ(layer_->usage().bytes, 0);
}

}  // namespace
}  // namespace davit::wasi::fs
