#include "server/registry/registry.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/registry/sha256.h"

namespace davit::server {
namespace {

// Components of no engine: what tests compare is the pointer.
ComponentPtr FakeComponent() {
  static const auto owner = std::make_shared<int>();
  return ComponentPtr(owner, reinterpret_cast<const component::Component*>(owner.get()));
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() : dir_(*MakeTemporaryDirectory()) { Reopen(); }
  ~RegistryTest() override { RemoveTree(dir_); }

  void Reopen(RegistryOptions options = {}) {
    registry_.reset();
    options.data_dir = dir_;
    auto opened = Registry::Open(
        options,
        [this](const std::shared_ptr<const std::string>& binary) -> absl::StatusOr<ComponentPtr> {
          ++compiles_;
          if (*binary == "bad") return absl::InvalidArgumentError("bad");
          return FakeComponent();
        },
        [this](absl::AnyInvocable<void()> work) { postponed_.push_back(std::move(work)); });
    ASSERT_TRUE(opened.ok()) << opened.status();
    registry_ = *std::move(opened);
  }

  absl::StatusOr<RevisionPtr> Add(std::string_view component, std::string_view binary) {
    return registry_->Add(tenant_, component, Sha256Hex(binary), binary, FakeComponent());
  }
  absl::StatusOr<RevisionPtr> Find(std::string_view component, std::string_view digest = "") {
    return registry_->Find(tenant_,
                           {.tenant = "default", .component = component, .digest = digest});
  }
  absl::Status Delete(std::string_view component, std::string_view digest = "") {
    return registry_->Delete(tenant_,
                             {.tenant = "default", .component = component, .digest = digest});
  }
  std::string BlobPath(std::string_view binary) {
    return absl::StrCat(dir_, "/blobs/", Sha256Hex(binary));
  }
  size_t BlobCount() { return ListDirectory(dir_ + "/blobs")->size(); }

  const Tenant tenant_{"default"};
  const Tenant other_{"other"};
  const std::string dir_;
  int compiles_ = 0;
  std::vector<absl::AnyInvocable<void()>> postponed_;
  std::unique_ptr<Registry> registry_;
};

TEST_F(RegistryTest, TheNewestRevisionIsTheComponent) {
  ASSERT_TRUE(Add("calc", "one").ok());
  const RevisionPtr two = *Add("calc", "two");
  EXPECT_EQ(*Find("calc"), two);
  EXPECT_EQ((*Find("calc", Sha256Hex("one")))->artifact->size_bytes(), 3u);
  EXPECT_EQ(two->name, FormatRevisionName("default", "calc", Sha256Hex("two")));
}

TEST_F(RegistryTest, TheSameBytesAreTheSameRevision) {
  const RevisionPtr first = *Add("calc", "one");
  ASSERT_TRUE(Add("calc", "two").ok());
  EXPECT_EQ(*Add("calc", "one"), first);
  EXPECT_EQ(registry_->Revisions(tenant_, "calc").size(), 2u);
}

TEST_F(RegistryTest, UnknownNamesAreNotFound) {
  ASSERT_TRUE(Add("calc", "one").ok());
  EXPECT_EQ(Find("other").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Find("calc", Sha256Hex("x")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Delete("other").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Delete("calc", Sha256Hex("x")).code(), absl::StatusCode::kNotFound);
}

TEST_F(RegistryTest, WhatIsAnotherTenantsIsNotFound) {
  ASSERT_TRUE(Add("calc", "one").ok());
  const ComponentName calc = {.tenant = "default", .component = "calc"};
  const ComponentName calc_of_other = {.tenant = "other", .component = "calc"};
  for (const ComponentName& name : {calc, calc_of_other}) {
    EXPECT_EQ(registry_->Find(other_, name).status().code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(registry_->Delete(other_, name).code(), absl::StatusCode::kNotFound);
  }
  EXPECT_EQ(registry_->Find(tenant_, calc_of_other).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(registry_->Delete(tenant_, calc_of_other).code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(registry_->Revisions(other_, "calc").empty());
  EXPECT_TRUE(Find("calc").ok());
}

TEST_F(RegistryTest, SurvivesARestart) {
  const RevisionPtr one = *Add("calc", "one");
  ASSERT_TRUE(Add("calc", "two").ok());
  Reopen();
  EXPECT_EQ((*Find("calc"))->artifact->digest(), Sha256Hex("two"));
  const RevisionPtr again = *Find("calc", Sha256Hex("one"));
  EXPECT_EQ(again->name, one->name);
  EXPECT_EQ(again->create_time, one->create_time);
  EXPECT_EQ(again->artifact->size_bytes(), 3u);
}

TEST_F(RegistryTest, CompilesOnceAtFirstUseAfterARestart) {
  ASSERT_TRUE(Add("calc", "one").ok());
  EXPECT_EQ((*Find("calc"))->artifact->component().made(), FakeComponent());
  Reopen();
  const RevisionPtr revision = *Find("calc");
  EXPECT_EQ(revision->artifact->component().made(), nullptr);
  int answers = 0;
  for (int i = 0; i < 2; ++i) {
    revision->artifact->component().WhenMade([&answers](absl::StatusOr<ComponentPtr> component) {
      EXPECT_TRUE(component.ok());
      ++answers;
    });
  }
  ASSERT_EQ(postponed_.size(), 1u);
  postponed_[0]();
  EXPECT_EQ(answers, 2);
  EXPECT_EQ(compiles_, 1);
  EXPECT_EQ(revision->artifact->component().made(), FakeComponent());
}

TEST_F(RegistryTest, DropsWhatNothingUsesTheLeastRecentlyUsedFirst) {
  const auto add = [&](std::string_view name) {
    const auto owner = std::make_shared<int>();
    const auto* const component = reinterpret_cast<const component::Component*>(owner.get());
    return (*registry_->Add(tenant_, name, Sha256Hex(name), name, ComponentPtr(owner, component)))
        ->artifact;
  };
  const auto one = add("one"), two = add("two"), three = add("three"), four = add("four");
  const ComponentPtr used = two->component().made();
  // The clock of uses is a coarse one.
  while (three->component().last_use() <= two->component().last_use()) three->component().made();
  while (one->component().last_use() <= three->component().last_use()) one->component().made();
  int asked = 0;
  registry_->DropUnused([&] { return ++asked == 1; });
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(four->component().made(), nullptr) << "never used";
  EXPECT_EQ(two->component().made(), used);
  EXPECT_EQ(three->component().made(), nullptr);
  EXPECT_NE(one->component().made(), nullptr);
  registry_->DropUnused([&] { return false; });
  EXPECT_EQ(one->component().made(), nullptr);
  EXPECT_EQ(two->component().made(), used) << "it is in use";
  EXPECT_EQ(compiles_, 0);
  EXPECT_EQ(*one->component().Get(), FakeComponent()) << "compiled again";
  EXPECT_EQ(compiles_, 1);
}

TEST_F(RegistryTest, ACompileThatFailsIsTriedAgain) {
  ASSERT_TRUE(Add("calc", "bad").ok());
  Reopen();
  const RevisionPtr revision = *Find("calc");
  for (int i = 0; i < 2; ++i) {
    absl::Status status;
    revision->artifact->component().WhenMade([&](auto component) { status = component.status(); });
    postponed_.back()();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(compiles_, 2);
}

TEST_F(RegistryTest, LeavesACorruptBinaryOut) {
  ASSERT_TRUE(Add("calc", "one").ok());
  ASSERT_TRUE(Add("calc", "two").ok());
  std::ofstream(BlobPath("two")) << "twx";
  Reopen();
  EXPECT_EQ((*Find("calc"))->artifact->digest(), Sha256Hex("one"));
}

TEST_F(RegistryTest, LeavesAMissingBinaryOut) {
  ASSERT_TRUE(Add("calc", "one").ok());
  std::filesystem::remove(BlobPath("one"));
  Reopen();
  EXPECT_FALSE(Find("calc").ok());
}

TEST_F(RegistryTest, LeavesACorruptRecordOut) {
  ASSERT_TRUE(Add("calc", "one").ok());
  ASSERT_TRUE(Add("other", "two").ok());
  std::ofstream(dir_ + "/components/default/calc") << "\xff\xff";
  Reopen();
  EXPECT_FALSE(Find("calc").ok());
  EXPECT_TRUE(Find("other").ok());
  EXPECT_EQ(BlobCount(), 2u) << "with a record unreadable, no binary may be taken for an orphan";
}

TEST_F(RegistryTest, ClearsAwayWhatACrashLeft) {
  ASSERT_TRUE(Add("calc", "one").ok());
  std::ofstream(BlobPath("orphan")) << "orphan";
  std::ofstream(absl::StrCat(dir_, "/blobs/x", kTemporarySuffix)) << "half";
  std::ofstream(absl::StrCat(dir_, "/components/default/x", kTemporarySuffix)) << "half";
  Reopen();
  EXPECT_EQ(BlobCount(), 1u);
  EXPECT_EQ(ListDirectory(dir_ + "/components/default")->size(), 1u);
}

TEST_F(RegistryTest, DeletesARevisionOrAll) {
  ASSERT_TRUE(Add("calc", "one").ok());
  ASSERT_TRUE(Add("calc", "two").ok());
  ASSERT_TRUE(Delete("calc", Sha256Hex("two")).ok());
  EXPECT_EQ((*Find("calc"))->artifact->digest(), Sha256Hex("one"));
  EXPECT_EQ(BlobCount(), 1u);
  ASSERT_TRUE(Delete("calc").ok());
  EXPECT_FALSE(Find("calc").ok());
  EXPECT_EQ(BlobCount(), 0u);
  Reopen();
  EXPECT_FALSE(Find("calc").ok());
}

TEST_F(RegistryTest, KeepsABinaryThatAnotherComponentHas) {
  ASSERT_TRUE(Add("calc", "one").ok());
  ASSERT_TRUE(Add("copy", "one").ok());
  EXPECT_EQ((*Find("calc"))->artifact, (*Find("copy"))->artifact);
  ASSERT_TRUE(Delete("calc").ok());
  EXPECT_EQ(BlobCount(), 1u);
  EXPECT_TRUE(registry_->OpenBinary(**Find("copy")).ok());
}

TEST_F(RegistryTest, ListsByNameInPages) {
  for (const char* name : {"b", "a", "d", "c"}) ASSERT_TRUE(Add(name, name).ok());
  const auto names = [](const std::vector<RevisionPtr>& page) {
    std::string joined;
    for (const RevisionPtr& r : page) joined += r->component.back();
    return joined;
  };
  EXPECT_EQ(names(registry_->List(tenant_, "", 2)), "ab");
  EXPECT_EQ(names(registry_->List(tenant_, "b", 9)), "cd");
  EXPECT_EQ(names(registry_->List(other_, "", 9)), "");
}

TEST_F(RegistryTest, HoldsATenantToItsQuota) {
  Reopen({.max_components = 2, .max_revisions_per_component = 2});
  ASSERT_TRUE(Add("a", "1").ok());
  ASSERT_TRUE(Add("b", "1").ok());
  EXPECT_EQ(Add("c", "1").status().code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(Add("a", "2").ok());
  EXPECT_EQ(Add("a", "3").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(BlobCount(), 2u);
  EXPECT_TRUE(Add("a", "1").ok()) << "what is there already needs no room";
}

TEST_F(RegistryTest, HoldsATenantToItsBytes) {
  Reopen({.max_component_bytes = 10});
  ASSERT_TRUE(Add("a", "12345").ok());
  ASSERT_TRUE(Add("b", "67890").ok());
  EXPECT_EQ(Add("a", "x").status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(Add("a", "12345").ok()) << "what is there already needs no room";
}

TEST_F(RegistryTest, LeavesOutWhatIsNoFile) {
  std::filesystem::create_directories(dir_ + "/components/default/a");
  Reopen();
  EXPECT_TRUE(registry_->List(tenant_, "", 9).empty());
}

TEST_F(RegistryTest, LocksItsDirectoryAgainstAnotherProcess) {
  const auto lock = LockFile(dir_ + "/lock");
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(LockFile(dir_ + "/lock").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RegistryTest, ATenantIsNotToldWhatOthersHaveDeployed) {
  ASSERT_TRUE(Add("calc", "binary").ok());
  EXPECT_EQ(registry_->Compiled(tenant_, Sha256Hex("binary")), FakeComponent());
  EXPECT_EQ(registry_->Compiled(other_, Sha256Hex("binary")), nullptr);
  EXPECT_EQ(registry_->Compiled(Tenant("defaul"), Sha256Hex("binary")), nullptr);
  EXPECT_EQ(registry_->Compiled(tenant_, Sha256Hex("another")), nullptr);
}

}  // namespace
}  // namespace davit::server
