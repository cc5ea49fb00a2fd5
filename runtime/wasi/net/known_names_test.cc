#include "runtime/wasi/net/known_names.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace davit::wasi::net {
namespace {

const IpAddress kOne = IpAddress::V4({1, 1, 1, 1});
const IpAddress kTwo = IpAddress::V4({2, 2, 2, 2});

TEST(KnownNamesTest, AddressMayHaveSeveralNames) {
  KnownNames names;
  names.Add("a.example", std::vector{kOne, kTwo});
  names.Add("b.example", std::vector{kOne});
  names.Add("a.example", std::vector{kOne});
  EXPECT_EQ(names.NamesOf(kOne), (std::vector<std::string>{"a.example", "b.example"}));
  EXPECT_EQ(names.NamesOf(kTwo), (std::vector<std::string>{"a.example"}));
  EXPECT_TRUE(names.NamesOf(IpAddress::V4({3, 3, 3, 3})).empty());
}

TEST(KnownNamesTest, ForgetsTheOldestOverTheLimit) {
  KnownNames names(2);
  names.Add("a.example", std::vector{kOne});
  names.Add("b.example", std::vector{kTwo});
  EXPECT_EQ(names.NamesOf(kOne).size(), 1u);
  names.Add("c.example", std::vector{kTwo});
  EXPECT_TRUE(names.NamesOf(kOne).empty());
  EXPECT_EQ(names.NamesOf(kTwo).size(), 2u);
}

}  // namespace
}  // namespace davit::wasi::net
