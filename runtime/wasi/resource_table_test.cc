#include "runtime/wasi/resource_table.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"

namespace davit::wasi {
namespace {

// Tells when it ends.
class Told : public Resource {
 public:
  Told(std::vector<std::string>& ends, std::string name) : ends_(ends), name_(std::move(name)) {}
  ~Told() override { ends_.push_back(name_); }

 private:
  std::vector<std::string>& ends_;
  const std::string name_;
};
class Other : public Resource {};

class ResourceTableTest : public testing::Test {
 protected:
  handles::Rep Add(const std::string& name, handles::Rep parent = {}) {
    return table_.Add(std::make_unique<Told>(ends_, name), parent).value();
  }
  std::vector<std::string> ends_;
  ResourceTable table_{3};
};

TEST_F(ResourceTableTest, FindsByRepAndKind) {
  const handles::Rep rep = Add("a");
  EXPECT_TRUE(table_.Get<Told>(rep).ok());
  EXPECT_TRUE(base::IsTrap(table_.Get<Other>(rep).status()));
  EXPECT_TRUE(base::IsTrap(table_.Get<Told>(handles::Rep(0)).status()));
  EXPECT_TRUE(base::IsTrap(table_.Get<Told>(handles::Rep(rep.value + 1)).status()));
}

TEST_F(ResourceTableTest, OneMoreThanItsLimitTraps) {
  for (int i = 0; i < 3; ++i) Add("x");
  EXPECT_TRUE(base::IsTrap(table_.Add(std::make_unique<Other>()).status()));
  EXPECT_TRUE(table_.Drop<Told>(handles::Rep(1)).ok());
  EXPECT_TRUE(table_.Add(std::make_unique<Other>()).ok());
}

TEST_F(ResourceTableTest, ParentWithChildrenCannotBeDroppedOrTaken) {
  const handles::Rep parent = Add("parent");
  const handles::Rep child = Add("child", parent);
  EXPECT_TRUE(base::IsTrap(table_.Drop<Told>(parent)));
  EXPECT_TRUE(base::IsTrap(table_.Take<Told>(parent).status()));
  EXPECT_TRUE(ends_.empty());
  EXPECT_TRUE(table_.Drop<Told>(child).ok());
  EXPECT_TRUE(table_.Drop<Told>(parent).ok());
  EXPECT_EQ(ends_, (std::vector<std::string>{"child", "parent"}));
}

TEST_F(ResourceTableTest, DroppedRepIsUnknown) {
  const handles::Rep rep = Add("a");
  EXPECT_TRUE(table_.Drop<Told>(rep).ok());
  EXPECT_TRUE(base::IsTrap(table_.Drop<Told>(rep)));
}

TEST_F(ResourceTableTest, TakenResourceLivesOn) {
  const handles::Rep rep = Add("a");
  {
    const auto taken = table_.Take<Told>(rep);
    ASSERT_TRUE(taken.ok());
    EXPECT_TRUE(ends_.empty());
  }
  EXPECT_EQ(ends_.size(), 1u);
  EXPECT_EQ(table_.size(), 0u);
}

TEST_F(ResourceTableTest, AtItsEndChildrenEndBeforeParents) {
  Add("x");
  table_.Drop<Told>(handles::Rep(1))
      .IgnoreError();  // So that its place is used by what comes later.
  ends_.clear();
  const handles::Rep parent = Add("parent");
  const handles::Rep child = Add("child", parent);
  Add("grandchild", child);
  table_.Clear();
  EXPECT_EQ(ends_, (std::vector<std::string>{"grandchild", "child", "parent"}));
}

}  // namespace
}  // namespace davit::wasi
