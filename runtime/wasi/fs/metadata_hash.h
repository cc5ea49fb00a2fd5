#ifndef DAVIT_RUNTIME_WASI_FS_METADATA_HASH_H_
#define DAVIT_RUNTIME_WASI_FS_METADATA_HASH_H_

#include <cstdint>
#include <span>

#include "runtime/wasi/fs/types.h"

namespace davit::wasi::fs {

// What a guest is told instead of device and inode. It stands for the identity alone, for guests'
// libraries take it for the inode number: it stays as it is while the object is written, is equal
// for equal objects alone, and tells nothing without the key.
MetadataHash HashOf(const Identity& identity, const HashKey& key);

// SipHash-2-4 with 128 bits of result, over words that a message of whole words would be read as.
MetadataHash SipHash(std::span<const uint64_t> words, const HashKey& key);

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_METADATA_HASH_H_
