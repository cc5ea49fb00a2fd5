#include "runtime/base/reused.h"

#include <vector>

#include "gtest/gtest.h"

namespace davit::base {
namespace {

struct Counted {
  explicit Counted(int& live) : live(live) { ++live; }
  ~Counted() { --live; }
  int& live;
};

TEST(Reused, MakesTheNextWhereTheLastWas) {
  int live = 0;
  Reused<Counted> counted;
  const void* const first = counted.Make(live).get();
  EXPECT_EQ(live, 0);
  const auto second = counted.Make(live);
  EXPECT_EQ(second.get(), first);
  EXPECT_EQ(live, 1);
}

TEST(Reused, ObjectsOfOneTimeAreApart) {
  int live = 0;
  Reused<Counted> counted;
  const auto first = counted.Make(live), second = counted.Make(live);
  EXPECT_NE(first.get(), second.get());
  EXPECT_EQ(live, 2);
}

TEST(Reused, EndsEachOfMoreThanItKeeps) {
  int live = 0;
  Reused<Counted> counted;
  std::vector<Reused<Counted>::Ptr> objects;
  for (size_t i = 0; i < 2 * Reused<Counted>::kMaxKept; ++i) objects.push_back(counted.Make(live));
  objects.clear();
  EXPECT_EQ(live, 0);
}

}  // namespace
}  // namespace davit::base
