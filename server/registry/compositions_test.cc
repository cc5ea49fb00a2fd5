#include "server/registry/compositions.h"

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/registry/sha256.h"

namespace davit::server {
namespace {

// Nothing here looks into a component.
ComponentPtr Fake(size_t number) {
  static constexpr std::array<char, 200> kPlaces{};
  return {std::shared_ptr<void>(),
          reinterpret_cast<const component::Component*>(&kPlaces.at(number))};
}

class CompositionsTest : public ::testing::Test {
 protected:
  // A revision that is compiled already.
  RevisionPtr Revision(const std::string& name, uintptr_t number) {
    return std::make_shared<server::Revision>(
        server::Revision{.name = name,
                         .artifact = std::make_shared<Artifact>(
                             Sha256Hex(name), 1, blobs_, compiler_, background_, Fake(number))});
  }
  CompositionSpec Spec(const std::string& import) {
    return {.component = Revision("app", 1), .with = {{import, Revision("kv", 2)}}};
  }
  absl::StatusOr<ComponentPtr> Get(const CompositionSpec& spec) {
    absl::StatusOr<ComponentPtr> result;
    compositions_.Find(spec)->WhenMade([&](auto made) { result = std::move(made); });
    return result;
  }

  const BlobStore blobs_ = *BlobStore::Open(absl::StrCat(::testing::TempDir(), "blobs"));
  const Compiler compiler_ = [](auto) { return absl::InternalError("compiled already"); };
  const Background background_ = [](absl::AnyInvocable<void()> work) { work(); };
  std::vector<std::string> made_;
  absl::Status failure_;
  Compositions compositions_{
      [this](const ComponentPtr& component, const auto& providers) -> absl::StatusOr<ComponentPtr> {
        if (!failure_.ok()) return failure_;
        EXPECT_EQ(component, Fake(1));
        EXPECT_EQ(providers.at(0).second, Fake(2));
        made_.push_back(providers.at(0).first);
        return Fake(100 + made_.size());
      },
      background_};
};

TEST_F(CompositionsTest, TheSameIsMadeOnce) {
  EXPECT_EQ(*Get(Spec("a:b/c")), Fake(101));
  EXPECT_EQ(*Get(Spec("a:b/c")), Fake(101));
  EXPECT_EQ(made_.size(), 1u);
}

TEST_F(CompositionsTest, AnotherImportIsAnotherComposition) {
  EXPECT_EQ(*Get(Spec("a:b/c")), Fake(101));
  EXPECT_EQ(*Get(Spec("a:b/d")), Fake(102));
}

TEST_F(CompositionsTest, AFailureIsNotKept) {
  failure_ = absl::FailedPreconditionError("does not fit");
  EXPECT_EQ(Get(Spec("a:b/c")).status(), failure_);
  failure_ = absl::OkStatus();
  EXPECT_EQ(*Get(Spec("a:b/c")), Fake(101));
}

TEST_F(CompositionsTest, KeepsThoseUsedLast) {
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(Get(Spec(absl::StrCat("a:b/i", i))).ok());
  ASSERT_TRUE(Get(Spec("a:b/i0")).ok());
  EXPECT_EQ(made_.size(), 64u) << "as many are kept";
  ASSERT_TRUE(Get(Spec("a:b/one-more")).ok());
  ASSERT_TRUE(Get(Spec("a:b/i0")).ok());
  EXPECT_EQ(made_.size(), 65u) << "it was used lately";
  ASSERT_TRUE(Get(Spec("a:b/i1")).ok());
  EXPECT_EQ(made_.size(), 66u) << "the one that was not is gone";
}

}  // namespace
}  // namespace davit::server
