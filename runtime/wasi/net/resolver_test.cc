#include "runtime/wasi/net/resolver.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace davit::wasi::net {
namespace {

Resolution Resolve(Resolver& resolver, const std::string& name) {
  absl::Notification done;
  std::optional<Resolution> answer;
  resolver.Resolve(name, [&](Resolution resolution) {
    answer = std::move(resolution);
    done.Notify();
  });
  done.WaitForNotification();
  return *std::move(answer);
}

// What every machine knows by itself, so that no name server is needed.
TEST(ResolverTest, FindsThisMachine) {
  const std::unique_ptr<Resolver> resolver = NewResolver().value();
  const Resolution resolution = Resolve(*resolver, "localhost");
  ASSERT_TRUE(resolution);
  EXPECT_TRUE(std::ranges::all_of(*resolution, [](const IpAddress& address) {
    return ClassOf(address) == AddressClass::kLoopback;
  }));
}

TEST(ResolverTest, AnswersWhatIsUnderWayWhenItEnds) {
  std::unique_ptr<Resolver> resolver = NewResolver().value();
  int answers = 0;
  constexpr int kCount = 20;
  for (int i = 0; i < kCount; ++i) {
    resolver->Resolve("name" + std::to_string(i) + ".invalid",
                      [&answers](const Resolution&) { ++answers; });
  }
  resolver.reset();
  EXPECT_EQ(answers, kCount);
}

}  // namespace
}  // namespace davit::wasi::net
