#include "server/app/config.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <system_error>
#include <thread>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "runtime/base/status_macros.h"
#include "server/transport/listen_address.h"

namespace davit::server {
namespace {

// Past these V8 ends the process or the kernel refuses.
constexpr uint32_t kMostCells = 1000;
constexpr uint32_t kMostMemories = 15'000;
constexpr uint32_t kMostMaps = 60'000;
constexpr uint32_t kLeastCoreTypes = 1'000, kMostCoreTypes = 900'000;
constexpr uint32_t kMostCoreFunctions = 15'000'000;
// Each isolate takes a part of the table, and leaves some of it empty.
constexpr uint32_t kMostCoreExports = 8'000'000;
constexpr uint32_t kMostThreads = 10'000;
constexpr uint32_t kMostConnections = 100'000;
constexpr uint32_t kMostStacks = 1'000'000;  // 540 GiB of address space
constexpr uint64_t kLeastStackBytes = 64 << 10, kMostStackBytes = 3 << 20;
constexpr uint32_t kMostFileMode = 0777;
// Two lines of the longest there are.
constexpr uint64_t kLeastLogBytes = 16 << 10, kMostLogBytes = 1ull << 30, kMostLogRate = 1ull << 32;
constexpr uint64_t kMostMemoryBytes = 4ull << 30;  // what 32-bit pointers reach

class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column,
                const std::string& message) override {
    if (!text_.empty()) return;
    text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

uint32_t Cores() { return std::max(1u, std::thread::hardware_concurrency()); }

absl::Status Positive(std::string_view field, uint64_t value) {
  if (value > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ": must not be 0"));
}

absl::Status AtMost(std::string_view field, uint64_t value, uint64_t max) {
  if (value <= max) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " is over ", max));
}

absl::Status AtLeast(std::string_view field, uint64_t value, uint64_t min) {
  if (value >= min) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", value, " is less than ", min));
}

absl::Status InRange(std::string_view field, uint64_t value, uint64_t max) {
  DAVIT_RETURN_IF_ERROR(Positive(field, value));
  return AtMost(field, value, max);
}

absl::Status CheckInstances(const Config::InstanceDefaults& instances) {
  DAVIT_RETURN_IF_ERROR(
      AtMost("instances.max_memory_bytes", instances.max_memory_bytes(), kMostMemoryBytes));
  DAVIT_RETURN_IF_ERROR(
      InRange("instances.memory_bytes", instances.memory_bytes(), instances.max_memory_bytes()));
  DAVIT_RETURN_IF_ERROR(InRange("instances.handles", instances.handles(), instances.max_handles()));
  DAVIT_RETURN_IF_ERROR(AtLeast("instances.log_bytes", instances.log_bytes(), kLeastLogBytes));
  DAVIT_RETURN_IF_ERROR(AtMost("instances.log_bytes", instances.log_bytes(), kMostLogBytes));
  DAVIT_RETURN_IF_ERROR(AtLeast("instances.log_rate", instances.log_rate(), kLeastLogBytes));
  DAVIT_RETURN_IF_ERROR(AtMost("instances.log_rate", instances.log_rate(), kMostLogRate));
  return InRange("instances.host_copy_bytes", instances.host_copy_bytes(),
                 instances.max_host_copy_bytes());
}

absl::Status CheckScheduling(const Config& config) {
  const Config::Scheduling& scheduling = config.scheduling();
  DAVIT_RETURN_IF_ERROR(
      AtMost("scheduling.max_worker_threads", scheduling.max_worker_threads(), kMostThreads));
  DAVIT_RETURN_IF_ERROR(AtLeast("scheduling.max_total_request_bytes",
                                scheduling.max_total_request_bytes(),
                                config.transport().max_message_bytes()));
  DAVIT_RETURN_IF_ERROR(InRange("scheduling.max_connection_answer_bytes",
                                scheduling.max_connection_answer_bytes(),
                                scheduling.max_total_answer_bytes()));
  DAVIT_RETURN_IF_ERROR(Positive("scheduling.queue_length", scheduling.queue_length()));
  DAVIT_RETURN_IF_ERROR(Positive("scheduling.session_window", scheduling.session_window()));
  return AtMost("scheduling.worker_threads", WorkerThreads(config),
                scheduling.max_worker_threads());
}

absl::Status CheckDeadlines(const Config::Deadlines& deadlines) {
  DAVIT_RETURN_IF_ERROR(
      InRange("deadlines.default_ms", deadlines.default_ms(), deadlines.max_ms()));
  DAVIT_RETURN_IF_ERROR(InRange("deadlines.default_lease_ms", deadlines.default_lease_ms(),
                                deadlines.max_lease_ms()));
  return AtMost("deadlines.default_resource_lease_ms", deadlines.default_resource_lease_ms(),
                deadlines.max_resource_lease_ms());
}

absl::Status CheckTransport(const Config::Transport& transport) {
  // gRPC takes these as int.
  constexpr uint64_t kMost = std::numeric_limits<int>::max();
  DAVIT_RETURN_IF_ERROR(
      InRange("transport.max_message_bytes", transport.max_message_bytes(), kMost));
  DAVIT_RETURN_IF_ERROR(
      InRange("transport.max_concurrent_streams", transport.max_concurrent_streams(), kMost));
  DAVIT_RETURN_IF_ERROR(
      AtLeast("transport.buffer_bytes", transport.buffer_bytes(), transport.max_message_bytes()));
  DAVIT_RETURN_IF_ERROR(AtLeast("transport.max_unfinished_bytes", transport.max_unfinished_bytes(),
                                transport.max_message_bytes()));
  DAVIT_RETURN_IF_ERROR(AtMost("transport.max_unfinished_bytes", transport.max_unfinished_bytes(),
                               transport.buffer_bytes()));
  DAVIT_RETURN_IF_ERROR(
      InRange("transport.max_connections", transport.max_connections(), kMostConnections));
  for (const auto& [field, value] :
       {std::pair{"transport.max_connections_per_address", transport.max_connections_per_address()},
        std::pair{"transport.max_total_streams", transport.max_total_streams()},
        std::pair{"transport.max_resets_per_second", transport.max_resets_per_second()},
        std::pair{"transport.max_idle_frames_per_second",
                  transport.max_idle_frames_per_second()}}) {
    DAVIT_RETURN_IF_ERROR(InRange(field, value, kMost));
  }
  for (const auto& [field, value] :
       {std::pair{"transport.keepalive_ms", transport.keepalive_ms()},
        std::pair{"transport.keepalive_timeout_ms", transport.keepalive_timeout_ms()},
        std::pair{"transport.max_idle_ms", transport.max_idle_ms()},
        std::pair{"transport.max_age_ms", transport.max_age_ms()},
        std::pair{"transport.max_age_grace_ms", transport.max_age_grace_ms()}}) {
    DAVIT_RETURN_IF_ERROR(AtMost(field, value, kMost));
  }
  return InRange("transport.max_metadata_bytes", transport.max_metadata_bytes(), kMost);
}

absl::Status CheckListener(const Config& config) {
  DAVIT_RETURN_IF_ERROR(
      AtMost("listener.socket_mode", config.listener().socket_mode(), kMostFileMode));
  if (config.listener().without_authentication()) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(const bool local, IsLocal(config.listen()));
  if (local) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("listen: other machines can reach ", config.listen(),
                   ", and davitd authenticates nobody. Listen at 127.0.0.1 or unix:PATH behind one "
                   "of the proxies "
                   "of docs/operating.md, or say --listen_without_authentication"));
}

absl::Status CheckEngine(const Config::EngineLimits& engine) {
  DAVIT_RETURN_IF_ERROR(InRange("engine.max_cells", engine.max_cells(), kMostCells));
  DAVIT_RETURN_IF_ERROR(AtMost("engine.compile_threads", engine.compile_threads(), kMostThreads));
  DAVIT_RETURN_IF_ERROR(
      AtLeast("engine.guest_stack_bytes", engine.guest_stack_bytes(), kLeastStackBytes));
  DAVIT_RETURN_IF_ERROR(
      AtMost("engine.guest_stack_bytes", engine.guest_stack_bytes(), kMostStackBytes));
  DAVIT_RETURN_IF_ERROR(AtMost("engine.max_stacks", engine.max_stacks(), kMostStacks));
  DAVIT_RETURN_IF_ERROR(AtMost("engine.max_cell_stacks", engine.max_cell_stacks(), kMostStacks));
  DAVIT_RETURN_IF_ERROR(AtLeast("engine.max_core_types", engine.max_core_types(), kLeastCoreTypes));
  DAVIT_RETURN_IF_ERROR(AtMost("engine.max_core_types", engine.max_core_types(), kMostCoreTypes));
  DAVIT_RETURN_IF_ERROR(
      AtLeast("engine.max_module_core_types", engine.max_module_core_types(), kLeastCoreTypes));
  DAVIT_RETURN_IF_ERROR(
      InRange("engine.max_core_functions", engine.max_core_functions(), kMostCoreFunctions));
  DAVIT_RETURN_IF_ERROR(
      InRange("engine.max_core_exports", engine.max_core_exports(), kMostCoreExports));
  DAVIT_RETURN_IF_ERROR(InRange("engine.max_memories", engine.max_memories(), kMostMemories));
  DAVIT_RETURN_IF_ERROR(Positive("engine.max_code_bytes", engine.max_code_bytes()));
  DAVIT_RETURN_IF_ERROR(
      AtMost("engine.max_code_bytes", engine.max_code_bytes(), engine::kMostCodeBytes));
  return InRange("engine.max_maps", engine.max_maps(), kMostMaps);
}

}  // namespace

absl::Status MergeConfig(std::string_view text, Config& config) {
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  Config added;
  if (!parser.ParseFromString(std::string(text), &added)) {
    return absl::InvalidArgumentError(absl::StrCat("configuration: ", error.text()));
  }
  config.MergeFrom(added);
  return absl::OkStatus();
}

absl::StatusOr<Config> ParseConfig(std::string_view text) {
  Config config;
  DAVIT_RETURN_IF_ERROR(MergeConfig(text, config));
  return config;
}

absl::StatusOr<Config> ReadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code unknown;
  if (!file || std::filesystem::is_directory(path, unknown))
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return ParseConfig(text);
}

absl::Status CheckConfig(const Config& config) {
  DAVIT_RETURN_IF_ERROR(CheckListener(config));
  DAVIT_RETURN_IF_ERROR(Positive("uploads.max_bytes", config.uploads().max_bytes()));
  DAVIT_RETURN_IF_ERROR(AtMost("uploads.max_bytes", config.uploads().max_bytes(),
                               config.uploads().max_total_bytes()));
  DAVIT_RETURN_IF_ERROR(Positive("uploads.max_ms", config.uploads().max_ms()));
  DAVIT_RETURN_IF_ERROR(AtMost("tenant.shared_cells", config.tenant().shared_cells(), kMostCells));
  DAVIT_RETURN_IF_ERROR(CheckInstances(config.instances()));
  DAVIT_RETURN_IF_ERROR(CheckTransport(config.transport()));
  DAVIT_RETURN_IF_ERROR(CheckScheduling(config));
  DAVIT_RETURN_IF_ERROR(CheckDeadlines(config.deadlines()));
  return CheckEngine(config.engine());
}

uint32_t WorkerThreads(const Config& config) {
  const uint32_t configured = config.scheduling().worker_threads();
  return configured > 0 ? configured : std::max(4u, 2 * Cores());
}

uint32_t SharedCells(const Config& config) {
  const uint32_t configured = config.tenant().shared_cells();
  return configured > 0 ? configured : Cores();
}

engine::EngineOptions ToEngineOptions(const Config& config, std::string cache_dir) {
  const Config::EngineLimits& limits = config.engine();
  return {.platform_threads = static_cast<int>(limits.compile_threads()),
          .cache_dir = std::move(cache_dir),
          .max_cells = limits.max_cells(),
          .max_memories = limits.max_memories(),
          .max_memory_bytes = limits.max_memory_bytes(),
          .max_maps = limits.max_maps(),
          .max_table_elements = limits.max_table_elements(),
          .max_table_growth = limits.max_table_growth(),
          .max_core_types = limits.max_core_types(),
          .max_module_core_types = limits.max_module_core_types(),
          .max_core_functions = limits.max_core_functions(),
          .max_core_exports = limits.max_core_exports(),
          .max_element_entries = limits.max_element_entries(),
          .max_const_expr_bytes = limits.max_const_expr_bytes(),
          .max_active_data_bytes = limits.max_active_data_bytes(),
          .max_image_bytes = limits.max_image_bytes(),
          .max_image_spread = limits.max_image_spread(),
          .max_function_bytes = limits.max_function_bytes(),
          .max_function_values = limits.max_function_values(),
          .max_code_bytes = limits.max_code_bytes(),
          .guest_stack_bytes = limits.guest_stack_bytes(),
          .max_stacks = limits.max_stacks(),
          .max_stack_bytes = limits.max_stack_bytes(),
          .gc = limits.gc()};
}

ConnectionLimits ToConnectionLimits(const Config& config) {
  // gRPC takes so many bytes of headers decoded, and answers a call that has more. On the wire they
  // may be longer, but not by much.
  constexpr uint32_t kLeastHeaderBlock = 64 << 10, kHeaderBlockRatio = 4;
  const Config::Transport& transport = config.transport();
  const uint64_t header_block = uint64_t{kHeaderBlockRatio} * transport.max_metadata_bytes();
  return {
      .max_connections = transport.max_connections(),
      .max_connections_per_address = transport.max_connections_per_address(),
      .max_total_streams = transport.max_total_streams(),
      .max_unfinished_bytes = transport.max_unfinished_bytes(),
      .http2 = {.max_streams = transport.max_concurrent_streams(),
                .max_header_block_bytes = static_cast<uint32_t>(
                    std::clamp<uint64_t>(header_block, kLeastHeaderBlock, 1u << 30)),
                // A client may give up all that it has under way at once.
                .resets = transport.max_concurrent_streams() + transport.max_resets_per_second(),
                .resets_per_second = transport.max_resets_per_second(),
                .idle_frames = transport.max_idle_frames_per_second(),
                .idle_frames_per_second = transport.max_idle_frames_per_second()}};
}

engine::CellOptions ToCellOptions(const Config& config) {
  return {.heap_bytes = config.engine().cell_heap_bytes(),
          .max_stacks = config.engine().max_cell_stacks()};
}

}  // namespace davit::server
