#include "server/rpc/admission.h"

#include "gtest/gtest.h"

namespace davit::server {
namespace {

class AdmissionTest : public testing::Test {
 protected:
  Config config_ = [] {
    Config config;
    config.mutable_scheduling()->set_max_total_request_bytes(1000);
    return config;
  }();
  const Tenant tenant_{"default"};
  Admission admission_{config_, tenant_};
};

TEST_F(AdmissionTest, IsOpenUntilItIsClosed) {
  EXPECT_TRUE(admission_.CheckOpen().ok());
  EXPECT_TRUE(admission_.Close());
  EXPECT_EQ(admission_.CheckOpen().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(admission_.Close()) << "it is closed already";
}

TEST_F(AdmissionTest, RequestsShareTheirMemory) {
  {
    const auto most = admission_.TakeRequestShare(900);
    EXPECT_TRUE(most.ok());
    EXPECT_TRUE(admission_.TakeRequestShare(100).ok());
    EXPECT_EQ(admission_.TakeRequestShare(101).status().code(),
              absl::StatusCode::kResourceExhausted);
  }
  EXPECT_TRUE(admission_.TakeRequestShare(1000).ok());
}

}  // namespace
}  // namespace davit::server
