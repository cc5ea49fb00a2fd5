#include "runtime/wasi/fs/metadata_hash.h"

#include <cstdint>
#include <span>

#include "gtest/gtest.h"
#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

HashKey Key() {
  HashKey key;
  for (uint8_t i = 0; i < key.size(); ++i) key[i] = i;
  return key;
}

// The vectors of SipHash's authors: key and message are the bytes 0, 1, 2 and so on.
TEST(SipHash, IsTheOneThatItsAuthorsPublished) {
  const uint64_t words[] = {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110};
  const std::span<const uint64_t> message(words);
  EXPECT_EQ(SipHash({}, Key()), (MetadataHash{0xe6a825ba047f81a3, 0x930255c71472f66d}));
  EXPECT_EQ(SipHash(message.first(1), Key()),
            (MetadataHash{0x61f55862baa9623b, 0xb49714f364e2830f}));
  EXPECT_EQ(SipHash(message, Key()), (MetadataHash{0xd850bd78ae79b42d, 0xad32618a178a2a88}));
}

TEST(HashOf, DependsOnEachPartOfTheIdentityAndOnTheKey) {
  const MetadataHash hash = HashOf({.device = 1, .inode = 2, .generation = 3}, Key());
  EXPECT_EQ(hash, HashOf({.device = 1, .inode = 2, .generation = 3}, Key()));
  EXPECT_NE(hash, HashOf({.device = 0, .inode = 2, .generation = 3}, Key()));
  EXPECT_NE(hash, HashOf({.device = 1, .inode = 0, .generation = 3}, Key()));
  EXPECT_NE(hash, HashOf({.device = 1, .inode = 2, .generation = 0}, Key()));
  EXPECT_NE(hash, HashOf({.device = 1, .inode = 2, .generation = 3}, HashKey{}));
}

}  // namespace
}  // namespace davit::wasi::fs
