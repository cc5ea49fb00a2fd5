#ifndef DAVIT_RUNTIME_WASI_IO_ERROR_H_
#define DAVIT_RUNTIME_WASI_IO_ERROR_H_

#include <memory>
#include <utility>

#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/resource_table.h"

namespace davit::wasi::io {

// The resource error of wasi:io/error.
class Error final : public Resource {
 public:
  explicit Error(std::shared_ptr<const Failure> failure) : failure_(std::move(failure)) {}
  const Failure& failure() const { return *failure_; }

 private:
  const std::shared_ptr<const Failure> failure_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_ERROR_H_
