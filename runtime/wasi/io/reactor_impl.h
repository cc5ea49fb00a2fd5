#ifndef DAVIT_RUNTIME_WASI_IO_REACTOR_IMPL_H_
#define DAVIT_RUNTIME_WASI_IO_REACTOR_IMPL_H_

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "runtime/wasi/io/reactor.h"

namespace davit::wasi::io {

// What builds on Asio itself needs of a reactor; not for others, since it costs seconds to compile.
class Reactor::Impl {
 public:
  Impl() : work_(boost::asio::make_work_guard(context_)), thread_([this] { context_.run(); }) {}
  ~Impl() {
    context_.stop();
    thread_.join();
  }

  boost::asio::io_context& context() { return context_; }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_REACTOR_IMPL_H_
