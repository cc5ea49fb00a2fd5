#include "runtime/wasi/fs/host_errno.h"

#include <cerrno>
#include <expected>

#include "runtime/wasi/fs/error.h"

namespace davit::wasi::fs {

Error ErrorOfErrno(int error) {
  switch (error) {
    case EACCES:
      return Error::kAccess;
    case EAGAIN:
      return Error::kWouldBlock;
    case EALREADY:
      return Error::kAlready;
    case EBADF:
      return Error::kBadDescriptor;
    case EBUSY:
      return Error::kBusy;
    case EDEADLK:
      return Error::kDeadlock;
    case EDQUOT:
      return Error::kQuota;
    case EEXIST:
      return Error::kExist;
    case EFBIG:
      return Error::kFileTooLarge;
    case EILSEQ:
      return Error::kIllegalByteSequence;
    case EINPROGRESS:
      return Error::kInProgress;
    case EINTR:
      return Error::kInterrupted;
    case EINVAL:
      return Error::kInvalid;
    case EISDIR:
      return Error::kIsDirectory;
    case ELOOP:
      return Error::kLoop;
    case EMLINK:
      return Error::kTooManyLinks;
    case EMSGSIZE:
      return Error::kMessageSize;
    case ENAMETOOLONG:
      return Error::kNameTooLong;
    case ENODEV:
      return Error::kNoDevice;
    case ENOENT:
      return Error::kNoEntry;
    case ENOLCK:
      return Error::kNoLock;
    // The process has no room for another file descriptor.
    case EMFILE:
      return Error::kInsufficientMemory;
    case ENFILE:
      return Error::kInsufficientMemory;
    case ENOMEM:
      return Error::kInsufficientMemory;
    case ENOSPC:
      return Error::kInsufficientSpace;
    case ENOTDIR:
      return Error::kNotDirectory;
    case ENOTEMPTY:
      return Error::kNotEmpty;
    case ENOTRECOVERABLE:
      return Error::kNotRecoverable;
    case ENOSYS:
      return Error::kUnsupported;
    case ENOTSUP:
      return Error::kUnsupported;
    case ENOTTY:
      return Error::kNoTty;
    case ENXIO:
      return Error::kNoSuchDevice;
    case EOVERFLOW:
      return Error::kOverflow;
    case EPERM:
      return Error::kNotPermitted;
    case EPIPE:
      return Error::kPipe;
    case EROFS:
      return Error::kReadOnly;
    case ESPIPE:
      return Error::kInvalidSeek;
    case ETXTBSY:
      return Error::kTextFileBusy;
    case EXDEV:
      return Error::kCrossDevice;
    default:
      return Error::kIo;
  }
}

std::unexpected<Error> LastError() { return std::unexpected(ErrorOfErrno(errno)); }

}  // namespace davit::wasi::fs
