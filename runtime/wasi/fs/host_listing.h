#ifndef DAVIT_RUNTIME_WASI_FS_HOST_LISTING_H_
#define DAVIT_RUNTIME_WASI_FS_HOST_LISTING_H_

#include <memory>

#include "runtime/wasi/fs/host_fd.h"
#include "runtime/wasi/fs/node.h"

namespace davit::wasi::fs {

// The entries of a directory that was opened to be read, for this alone, in the kernel's order.
std::unique_ptr<Listing> MakeHostListing(Fd fd);

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_HOST_LISTING_H_
