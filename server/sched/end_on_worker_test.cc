#include "server/sched/end_on_worker.h"

#include <memory>
#include <thread>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

// Tells by which thread it was ended.
struct Ending {
  explicit Ending(std::thread::id& by) : by(by) {}
  ~Ending() { by = std::this_thread::get_id(); }
  std::thread::id& by;
};

TEST(EndOnWorker, TheLastReferenceEndsItThere) {
  std::thread::id by;
  {
    WorkerPool workers({.kept_threads = 1});
    auto first = EndOnWorker(std::make_shared<Ending>(by), workers);
    auto second = first;
    first = nullptr;
    EXPECT_EQ(by, std::thread::id());
    second = nullptr;
  }
  EXPECT_NE(by, std::thread::id());
  EXPECT_NE(by, std::this_thread::get_id());
}

TEST(EndOnWorker, WithoutWorkersItEndsInPlace) {
  std::thread::id by;
  WorkerPool workers({.kept_threads = 1});
  auto object = EndOnWorker(std::make_shared<Ending>(by), workers);
  workers.Stop();
  object = nullptr;
  EXPECT_EQ(by, std::this_thread::get_id());
}

}  // namespace
}  // namespace davit::server
