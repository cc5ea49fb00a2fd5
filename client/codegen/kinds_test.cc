// The bindings of test:kinds under a guest that calls all of it (testdata/kinds.c).

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/log/absl_check.h"
#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/codegen/kinds_base.h"
#include "client/codegen/kinds_everything.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/davit.h"

namespace davit::codegen::test {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using canon::Borrow;
using canon::HostState;
using canon::Own;
using canon::Result;
using component::Reply;
using handles::Rep;
using kinds::base::Error;
using kinds::everything::Access;
using kinds::everything::Color;
using kinds::everything::Counter;
using kinds::everything::Inner;
using kinds::everything::Level;
using kinds::everything::Many;
using kinds::everything::Maybe;
using kinds::everything::Point;
using kinds::everything::Primitives;
using kinds::everything::Shape;

class BaseHost final : public kinds::base::Host {
 public:
  absl::StatusOr<std::string> ErrorToDebugString(Borrow<Error> self) override {
    return absl::StrCat("error ", self.rep.value);
  }
  absl::Status DropError(Rep /*rep*/) override {
    ++dropped_errors;
    return absl::OkStatus();
  }

  int dropped_errors = 0;
};

class EverythingHost final : public kinds::everything::Host {
 public:
  ~EverythingHost() override {
    for (std::thread& thread : threads_) thread.join();
  }

  absl::StatusOr<Own<Counter>> NewCounter(uint64_t from) override {
    counts_[++last_] = from;
    return Own<Counter>{Rep(last_)};
  }
  absl::StatusOr<uint64_t> CounterIncrement(Borrow<Counter> self, uint64_t by) override {
    return counts_.at(self.rep.value) += by;
  }
  void CounterWait(Borrow<Counter> self, uint64_t until,
                   Reply<Result<uint64_t, Shape>> reply) override {
    if (until < counts_.at(self.rep.value)) return reply.Return(std::unexpected(Shape::None()));
    reply.Return(until);
  }
  absl::StatusOr<Shape> CounterShape(Borrow<Counter> self) override {
    return Shape::Circle(static_cast<float>(counts_.at(self.rep.value)));
  }
  absl::StatusOr<Result<Own<Counter>>> CounterMerge(Own<Counter> one,
                                                    Borrow<Counter> other) override {
    counts_.at(one.rep.value) += counts_.at(other.rep.value);
    return one;
  }
  absl::Status DropCounter(Rep rep) override {
    counts_.erase(rep.value);
    return absl::OkStatus();
  }

  absl::Status Nothing() override { return absl::OkStatus(); }
  absl::StatusOr<Primitives> EchoPrimitives(Primitives value) override { return value; }
  absl::StatusOr<Inner> EchoInner(Inner value) override { return value; }
  absl::StatusOr<Access> EchoAccess(Access value) override {
    if (value != (Access::kRead | Access::kExecute)) return absl::InternalError("other flags");
    return value;
  }
  absl::StatusOr<Many> EchoMany(Many value) override { return value; }
  absl::StatusOr<Color> EchoColor(Color value) override { return value; }
  absl::StatusOr<Shape> EchoShape(Shape value) override { return value; }
  absl::StatusOr<Maybe> EchoMaybe(Maybe value) override { return value; }

  absl::StatusOr<uint64_t> Sum(std::span<const uint32_t> numbers) override {
    uint64_t sum = 0;
    for (const uint32_t number : numbers) sum += number;
    return sum;
  }
  absl::StatusOr<std::vector<uint8_t>> Reverse(std::span<const uint8_t> bytes) override {
    return std::vector<uint8_t>(bytes.rbegin(), bytes.rend());
  }
  absl::StatusOr<std::vector<std::tuple<Point, std::optional<uint8_t>>>> Points(
      std::vector<Point> points) override {
    std::vector<std::tuple<Point, std::optional<uint8_t>>> result;
    for (const Point& point : points) result.emplace_back(point, point.x);
    return result;
  }
  absl::StatusOr<Result<void, std::string>> Check(Result<uint8_t, std::string> value) override {
    if (!value.has_value()) return std::unexpected(value.error());
    return Result<void, std::string>();
  }
  absl::StatusOr<Result<>> Bare(Result<> value) override { return value; }
  absl::StatusOr<Result<void, Own<Error>>> Fail(Level kind) override {
    if (kind == Level::kLow) return Result<void, Own<Error>>();
    return std::unexpected(Own<Error>{Rep(5)});
  }
  // From another thread, while the guest waits.
  void Later(std::string text, std::vector<uint8_t> bytes, Reply<std::string> reply) override {
    threads_.emplace_back(
        [text = std::move(text), bytes = std::move(bytes), reply = std::move(reply)]() mutable {
          reply.Return(text.append(bytes.begin(), bytes.end()));
        });
  }
  absl::Status Delete(std::vector<Own<Error>> errors) override {
    deleted_errors += errors.size();
    return absl::OkStatus();
  }

  size_t counters() const { return counts_.size(); }
  size_t deleted_errors = 0;

 private:
  uint32_t last_ = 0;
  absl::flat_hash_map<uint32_t, uint64_t> counts_;
  std::vector<std::thread> threads_;
};

struct Hosts final : HostState {
  BaseHost base;
  EverythingHost everything;
};

std::shared_ptr<const component::Linker> NewLinker() {
  auto linker = std::make_shared<component::Linker>();
  EXPECT_THAT(kinds::base::Define(*linker,
                                  [](HostState& state) -> kinds::base::Host& {
                                    return static_cast<Hosts&>(state).base;
                                  }),
              IsOk());
  EXPECT_THAT(kinds::everything::Define(*linker,
                                        [](HostState& state) -> kinds::everything::Host& {
                                          return static_cast<Hosts&>(state).everything;
                                        }),
              IsOk());
  return linker;
}

std::shared_ptr<const std::string> ReadGuest() {
  std::ifstream file("client/codegen/kinds_guest.wasm", std::ios::binary);
  ABSL_CHECK(file.good());
  return std::make_shared<const std::string>(std::istreambuf_iterator<char>(file),
                                             std::istreambuf_iterator<char>());
}

TEST(HostBindings, OfferAGuestEveryKindOfTypeAndFunction) {
  auto engine = engine::Engine::Start({});
  ASSERT_THAT(engine, IsOk());
  auto component = component::Component::Compile(**engine, ReadGuest());
  ASSERT_THAT(component, IsOk());
  auto linked = component::LinkedComponent::Link(*component, NewLinker());
  ASSERT_THAT(linked, IsOk());
  auto cell = (*engine)->NewCell({});
  ASSERT_THAT(cell, IsOk());
  Hosts* hosts = nullptr;
  std::unique_ptr<component::Instance> instance =
      component::Instance::Prepare(*linked, {}, [&hosts] {
        auto made = std::make_unique<Hosts>();
        hosts = made.get();
        return made;
      });
  engine::CellLock lock(**cell);
  const absl::Time deadline = absl::Now() + absl::Seconds(20);
  ASSERT_THAT(instance->Instantiate(lock, deadline), IsOk());
  auto func = instance->GetFunc("run");
  ASSERT_THAT(func, IsOk());
  auto run = component::Typed<std::string()>(*func);
  ASSERT_THAT(run, IsOk());
  EXPECT_THAT(run->Call(lock, deadline), IsOkAndHolds("all is well"));
  EXPECT_EQ(hosts->everything.counters(), 0u) << "all were dropped, or merged by the host";
  EXPECT_EQ(hosts->base.dropped_errors, 1);
  EXPECT_EQ(hosts->everything.deleted_errors, 1u);
}

TEST(HostBindings, AreDefinedOnce) {
  component::Linker linker;
  const auto host = [](HostState& state) -> kinds::base::Host& {
    return static_cast<Hosts&>(state).base;
  };
  ASSERT_THAT(kinds::base::Define(linker, host), IsOk());
  EXPECT_THAT(kinds::base::Define(linker, host),
              absl_testing::StatusIs(absl::StatusCode::kAlreadyExists));
}

}  // namespace
}  // namespace davit::codegen::test
