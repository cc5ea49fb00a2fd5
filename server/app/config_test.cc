#include "server/app/config.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

absl::Status Check(const char* text) {
  const auto config = ParseConfig(text);
  EXPECT_TRUE(config.ok()) << config.status();
  return CheckConfig(*config);
}

TEST(Config, DefaultsAreUsable) {
  const Config config;
  EXPECT_TRUE(CheckConfig(config).ok());
  EXPECT_EQ(config.listen(), "127.0.0.1:7447");
  EXPECT_EQ(config.uploads().max_bytes(), 256u << 20);
  EXPECT_GE(WorkerThreads(config), 4u);
  EXPECT_GE(SharedCells(config), 1u);
}

TEST(ParseConfig, SaysWhereItWentWrong) {
  const auto config = ParseConfig("listen: 'x'\nuploads { max_byte: 1 }");
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(absl::StrContains(config.status().message(), "line 2")) << config.status();
}

TEST(MergeConfig, ReplacesWhatItNamesAndKeepsTheRest) {
  Config config = *ParseConfig("listen: 'a:1' uploads { max_bytes: 5 max_total_bytes: 7 }");
  ASSERT_TRUE(MergeConfig("uploads { max_bytes: 6 }", config).ok());
  EXPECT_EQ(config.listen(), "a:1");
  EXPECT_EQ(config.uploads().max_bytes(), 6u);
  EXPECT_EQ(config.uploads().max_total_bytes(), 7u);
}

TEST(CheckConfig, NamesTheFieldThatCannotWork) {
  for (const auto& [text, field] : {
           std::pair{"listen: '0.0.0.0:7447'", "listen"},
           std::pair{"listen: 'nonsense'", "listen"},
           std::pair{"listener { socket_mode: 01000 }", "listener.socket_mode"},
           std::pair{"uploads { max_bytes: 0 }", "uploads.max_bytes"},
           std::pair{"uploads { max_bytes: 9 max_total_bytes: 8 }", "uploads.max_bytes"},
           std::pair{"instances { memory_bytes: 9 max_memory_bytes: 8 }", "instances.memory_bytes"},
           std::pair{"instances { max_memory_bytes: 4294967297 }", "instances.max_memory_bytes"},
           std::pair{"instances { handles: 0 }", "instances.handles"},
           std::pair{"instances { log_bytes: 16383 }", "instances.log_bytes"},
           std::pair{"instances { log_bytes: 1073741825 }", "instances.log_bytes"},
           std::pair{"instances { log_rate: 16383 }", "instances.log_rate"},
           std::pair{"instances { log_rate: 4294967297 }", "instances.log_rate"},
           std::pair{"scheduling { queue_length: 0 }", "scheduling.queue_length"},
           std::pair{"scheduling { session_window: 0 }", "scheduling.session_window"},
           std::pair{"scheduling { worker_threads: 9 max_worker_threads: 8 }",
                     "scheduling.worker_threads"},
           std::pair{"deadlines { default_ms: 9 max_ms: 8 }", "deadlines.default_ms"},
           std::pair{"deadlines { default_lease_ms: 0 }", "deadlines.default_lease_ms"},
           std::pair{"transport { max_message_bytes: 2147483648 }", "transport.max_message_bytes"},
           std::pair{"transport { max_message_bytes: 9 buffer_bytes: 8 }",
                     "transport.buffer_bytes"},
           std::pair{"transport { keepalive_ms: 2147483648 }", "transport.keepalive_ms"},
           std::pair{"uploads { max_ms: 0 }", "uploads.max_ms"},
           std::pair{"tenant { shared_cells: 1001 }", "tenant.shared_cells"},
           std::pair{"scheduling { max_worker_threads: 10001 }", "scheduling.max_worker_threads"},
           std::pair{"scheduling { max_total_request_bytes: 0 }",
                     "scheduling.max_total_request_bytes"},
           std::pair{"scheduling { max_total_answer_bytes: 8 max_connection_answer_bytes: 9 }",
                     "scheduling.max_connection_answer_bytes"},
           std::pair{"engine { guest_stack_bytes: 65535 }", "engine.guest_stack_bytes"},
           std::pair{"engine { guest_stack_bytes: 3145729 }", "engine.guest_stack_bytes"},
           std::pair{"engine { compile_threads: 10001 }", "engine.compile_threads"},
           std::pair{"engine { max_cells: 1001 }", "engine.max_cells"},
           std::pair{"engine { max_memories: 0 }", "engine.max_memories"},
           std::pair{"engine { max_maps: 60001 }", "engine.max_maps"},
           std::pair{"engine { max_core_types: 999 }", "engine.max_core_types"},
           std::pair{"engine { max_core_types: 900001 }", "engine.max_core_types"},
           std::pair{"engine { max_module_core_types: 999 }", "engine.max_module_core_types"},
           std::pair{"engine { max_core_functions: 15000001 }", "engine.max_core_functions"},
           std::pair{"engine { max_core_exports: 8000001 }", "engine.max_core_exports"},
           std::pair{"engine { max_code_bytes: 0 }", "engine.max_code_bytes"},
           std::pair{"engine { max_code_bytes: 3221225473 }", "engine.max_code_bytes"},
       }) {
    const absl::Status status = Check(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(absl::StartsWith(status.message(), field)) << status;
  }
}

TEST(CheckConfig, TakesTheLimitsThemselves) {
  EXPECT_TRUE(Check("uploads { max_bytes: 8 max_total_bytes: 8 }").ok());
  EXPECT_TRUE(Check("instances { max_memory_bytes: 4294967296 }").ok());
  EXPECT_TRUE(Check("instances { log_bytes: 16384 log_rate: 16384 }").ok());
  EXPECT_TRUE(Check("instances { log_bytes: 1073741824 log_rate: 4294967296 }").ok());
  EXPECT_TRUE(Check("engine { max_cells: 1000 max_maps: 60000 guest_stack_bytes: 65536 }").ok());
  EXPECT_TRUE(Check("engine { max_core_types: 1000 max_module_core_types: 1000 }").ok());
  EXPECT_TRUE(Check("engine { max_core_types: 900000 }").ok());
  EXPECT_TRUE(Check("engine { max_core_functions: 15000000 max_core_exports: 8000000 }").ok());
  EXPECT_TRUE(Check("engine { guest_stack_bytes: 3145728 compile_threads: 10000 }").ok());
  EXPECT_TRUE(Check("engine { max_code_bytes: 3221225472 }").ok());
  EXPECT_TRUE(Check("tenant { shared_cells: 1000 } transport { max_idle_ms: 2147483647 }").ok());
}

TEST(CheckConfig, ListensWhereOthersConnectOnlyWhenTheRiskIsNamed) {
  const absl::Status refused = Check("listen: '[::]:7447'");
  EXPECT_TRUE(absl::StrContains(refused.message(), "--listen_without_authentication")) << refused;
  EXPECT_TRUE(Check("listen: '[::]:7447' listener { without_authentication: true }").ok());
  EXPECT_TRUE(Check("listen: 'unix:/run/davit/davitd.sock'").ok());
  EXPECT_EQ(Config().listener().socket_mode(), 0600u);
}

TEST(ReadConfigFile, ReportsAMissingFile) {
  EXPECT_EQ(ReadConfigFile("/nonexistent/davit.textproto").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace davit::server
