#ifndef DAVIT_SERVER_APP_CONFIG_H_
#define DAVIT_SERVER_APP_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "server/app/config.pb.h"
#include "server/transport/connections.h"

namespace davit::server {

// Reads a textproto Config. INVALID_ARGUMENT with line and column when it does not parse.
absl::StatusOr<Config> ParseConfig(std::string_view text);
// Adds `text` on top of `config`: a field given there replaces what it held.
absl::Status MergeConfig(std::string_view text, Config& config);
// ParseConfig of a file. NOT_FOUND when it cannot be read.
absl::StatusOr<Config> ReadConfigFile(const std::string& path);

// INVALID_ARGUMENT naming the first field whose value cannot work: a default over its maximum, a
// zero where something must fit, a number past what V8 survives, or an address that other machines
// can reach where that is not asked for. Looks names up.
absl::Status CheckConfig(const Config& config);

// The configured numbers whose 0 stands for "by the number of cores".
uint32_t WorkerThreads(const Config& config);
uint32_t SharedCells(const Config& config);

engine::EngineOptions ToEngineOptions(const Config& config, std::string cache_dir);
ConnectionLimits ToConnectionLimits(const Config& config);
engine::CellOptions ToCellOptions(const Config& config);

}  // namespace davit::server

#endif  // DAVIT_SERVER_APP_CONFIG_H_
