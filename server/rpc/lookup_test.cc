#include "server/rpc/lookup.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

constexpr char kName[] = "tenants/one/instances/a";

class LookupTest : public testing::Test {
 protected:
  LookupTest() {
    auto claim = instances_.Reserve(tenant_, kName);
    EXPECT_TRUE(claim.ok());
    claim->Publish(record_);
  }

  absl::StatusOr<InstancePtr> Find(const Tenant& tenant, std::string_view name) const {
    return FindInstance(instances_, tenant, "name", name);
  }
  absl::StatusOr<InstancePtr> FindHolderOf(const Tenant& tenant, std::string_view name) const {
    return FindHolder(instances_, tenant, "name", name);
  }

  // One that is only ever compared.
  const std::shared_ptr<int> owner_ = std::make_shared<int>();
  const InstancePtr record_{owner_, reinterpret_cast<InstanceRecord*>(owner_.get())};
  const Tenant tenant_{"one"};
  const Tenant other_{"other"};
  InstanceTable instances_;
};

TEST_F(LookupTest, FindsATenantsOwnInstance) {
  EXPECT_EQ(*Find(tenant_, kName), record_);
  EXPECT_EQ(Find(tenant_, "tenants/one/instances/b").status().message(),
            "instance tenants/one/instances/b: not found");
}

TEST_F(LookupTest, ANameOfAnotherTenantIsOfATenantThatIsNotFound) {
  for (const char* name : {kName, "tenants/one/instances/none"}) {
    EXPECT_EQ(Find(other_, name).status(), TenantNotFoundError("one")) << name;
  }
  EXPECT_EQ(CheckParent(other_, "parent", "tenants/one"), TenantNotFoundError("one"));
  EXPECT_EQ(OwnComponent(other_, "name", "tenants/one/components/c").status(),
            TenantNotFoundError("one"));
  EXPECT_EQ(FindHolderOf(other_, std::string(kName) + "/resources/r1").status(),
            TenantNotFoundError("one"));
}

TEST_F(LookupTest, WhatIsNoNameIsInvalid) {
  for (const char* name : {"", "a", "tenants/one/instances", "tenants/one/components/c"}) {
    EXPECT_EQ(Find(tenant_, name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(FindHolderOf(tenant_, kName).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(CheckParent(tenant_, "parent", "one").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(OwnComponent(tenant_, "name", kName).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(LookupTest, FindsWhatHoldsAResource) {
  EXPECT_EQ(*FindHolderOf(tenant_, std::string(kName) + "/resources/r1"), record_);
  EXPECT_TRUE(CheckParent(tenant_, "parent", "tenants/one").ok());
  EXPECT_EQ(OwnComponent(tenant_, "name", "tenants/one/components/c")->component, "c");
}

}  // namespace
}  // namespace davit::server
