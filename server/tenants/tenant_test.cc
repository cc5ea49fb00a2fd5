#include "server/tenants/tenant.h"

#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(Tenant, OwnsWhatIsNamedAfterIt) {
  const Tenant tenant("acme");
  EXPECT_TRUE(tenant.Owns("tenants/acme/instances/i"));
  EXPECT_TRUE(tenant.Owns("tenants/acme/components/c/revisions/r"));
}

TEST(Tenant, DoesNotOwnWhatIsNamedAfterOneOfALikeName) {
  const Tenant tenant("acme");
  EXPECT_FALSE(tenant.Owns("tenants/acme-two/instances/i"));
  EXPECT_FALSE(tenant.Owns("tenants/acm/instances/i"));
  EXPECT_FALSE(tenant.Owns("tenants/acme"));
  EXPECT_FALSE(tenant.Owns("acme/instances/i"));
  EXPECT_FALSE(tenant.Owns(""));
}

TEST(Tenant, HasQuotasOfItsOwn) {
  const Tenant one("one", {.instances = 1}), two("two", {.instances = 1});
  const auto share = one.instances().Take(1);
  EXPECT_TRUE(share.has_value());
  EXPECT_FALSE(one.instances().Take(1).has_value());
  EXPECT_TRUE(two.instances().Take(1).has_value());
}

}  // namespace
}  // namespace davit::server
