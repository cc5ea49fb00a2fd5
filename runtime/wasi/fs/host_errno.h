#ifndef DAVIT_RUNTIME_WASI_FS_HOST_ERRNO_H_
#define DAVIT_RUNTIME_WASI_FS_HOST_ERRNO_H_

#include <expected>

#include "runtime/wasi/fs/error.h"

namespace davit::wasi::fs {

// What wasi:filesystem calls an errno; io for one that it has no word for.
Error ErrorOfErrno(int error);

// The error of the system call before.
std::unexpected<Error> LastError();

}  // namespace davit::wasi::fs

#endif  // DAVIT_RUNTIME_WASI_FS_HOST_ERRNO_H_
