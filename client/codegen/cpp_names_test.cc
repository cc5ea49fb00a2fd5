#include "client/codegen/cpp_names.h"

#include "gtest/gtest.h"

namespace davit::codegen {
namespace {

TEST(CppNames, HaveTheWordsOfWit) {
  EXPECT_EQ(PascalCase("last-operation-failed"), "LastOperationFailed");
  EXPECT_EQ(SnakeCase("last-operation-failed"), "last_operation_failed");
  EXPECT_EQ(PascalCase("ipv4"), "Ipv4");
  EXPECT_EQ(SnakeCase("u8-x2"), "u8_x2");
}

TEST(CppNames, TakeAcronymsForWords) {
  EXPECT_EQ(PascalCase("DNS-timeout"), "DnsTimeout");
  EXPECT_EQ(SnakeCase("TLS-alert-ID"), "tls_alert_id");
}

TEST(CppNames, EscapeWhatCppHasAnotherUseFor) {
  EXPECT_EQ(SnakeCase("export"), "export_");
  EXPECT_EQ(SnakeCase("co-await"), "co_await_");
  EXPECT_EQ(SnakeCase("std"), "std_");
  EXPECT_EQ(PascalCase("export"), "Export");
}

TEST(CppNames, DifferInTheirScope) {
  CppNames names({"Host"});
  EXPECT_EQ(names.Take("Host"), "Host_");
  EXPECT_EQ(names.Take("A1"), "A1");
  EXPECT_EQ(names.Take("A1"), "A1_") << "a1 and a-1";
  EXPECT_EQ(names.Take("A1"), "A1__");
}

}  // namespace
}  // namespace davit::codegen
