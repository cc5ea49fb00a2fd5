#include "runtime/wasi/io/blocking_pool.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

namespace davit::wasi::io {

class BlockingPool::Impl {
 public:
  explicit Impl(size_t threads) : threads_(threads) {}
  ~Impl() {
    threads_.stop();
    threads_.join();
  }
  boost::asio::thread_pool& threads() { return threads_; }

 private:
  boost::asio::thread_pool threads_;
};

BlockingPool::BlockingPool(size_t threads) : impl_(std::make_unique<Impl>(threads)) {}
BlockingPool::~BlockingPool() = default;

void BlockingPool::Post(absl::AnyInvocable<void()> work) {
  boost::asio::post(impl_->threads(), std::move(work));
}

}  // namespace davit::wasi::io
