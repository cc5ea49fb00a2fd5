#include "runtime/wasi/fs/metadata_hash.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {
namespace {

// The state of SipHash, by the names of its paper.
class Sip {
 public:
  explicit Sip(const HashKey& key) {
    uint64_t k[2];
    static_assert(sizeof k == sizeof(HashKey) && std::endian::native == std::endian::little);
    std::memcpy(k, key.data(), sizeof k);
    v0_ ^= k[0];
    v1_ ^= k[1] ^ 0xee;  // 0xee and 0xdd: the form with 128 bits
    v2_ ^= k[0];
    v3_ ^= k[1];
  }
  void Compress(uint64_t word) {
    v3_ ^= word;
    Rounds(2);
    v0_ ^= word;
  }
  MetadataHash Finish() {
    MetadataHash hash;
    v2_ ^= 0xee;
    Rounds(4);
    hash.lower = v0_ ^ v1_ ^ v2_ ^ v3_;
    v1_ ^= 0xdd;
    Rounds(4);
    hash.upper = v0_ ^ v1_ ^ v2_ ^ v3_;
    return hash;
  }

 private:
  void Rounds(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      v0_ += v1_;
      v2_ += v3_;
      v1_ = std::rotl(v1_, 13) ^ v0_;
      v3_ = std::rotl(v3_, 16) ^ v2_;
      v0_ = std::rotl(v0_, 32);
      v2_ += v1_;
      v0_ += v3_;
      v1_ = std::rotl(v1_, 17) ^ v2_;
      v3_ = std::rotl(v3_, 21) ^ v0_;
      v2_ = std::rotl(v2_, 32);
    }
  }

  uint64_t v0_ = 0x736f6d6570736575;
  uint64_t v1_ = 0x646f72616e646f6d;
  uint64_t v2_ = 0x6c7967656e657261;
  uint64_t v3_ = 0x7465646279746573;
};

}  // namespace

MetadataHash SipHash(std::span<const uint64_t> words, const HashKey& key) {
  Sip sip(key);
  for (const uint64_t word : words) sip.Compress(word);
  sip.Compress(static_cast<uint64_t>(words.size_bytes()) << 56);
  return sip.Finish();
}

MetadataHash HashOf(const Identity& identity, const HashKey& key) {
  return SipHash(std::array{identity.device, identity.inode, identity.generation}, key);
}

}  // namespace davit::wasi::fs
