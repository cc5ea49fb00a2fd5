#ifndef DAVIT_RUNTIME_WASI_IO_ERROR_HOST_H_
#define DAVIT_RUNTIME_WASI_IO_ERROR_HOST_H_

#include <string>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/bindings/io_error.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/io/error.h"

namespace davit::wasi::io {

// wasi:io/error.
class ErrorHost final : public p2::io::error::Host {
 public:
  // `core` must outlive it.
  explicit ErrorHost(Core& core) : core_(core) {}

  absl::StatusOr<std::string> ErrorToDebugString(
      canon::Borrow<p2::io::error::Error> self) override {
    DAVIT_ASSIGN_OR_RETURN(const Error* const error, core_.table.Get<Error>(self.rep));
    return error->failure().text;
  }
  absl::Status DropError(handles::Rep rep) override { return core_.table.Drop<Error>(rep); }

 private:
  Core& core_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_ERROR_HOST_H_
