#include "client/cli/logs_command.h"

#include <iostream>
#include <ostream>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/json.h"
#include "google/protobuf/util/time_util.h"
#include "runtime/base/status_macros.h"

namespace davit::client::cli {
namespace {

// The full name of the instance, else of the component, that `name` means.
absl::StatusOr<std::string> FullName(Client& client, const std::string& name) {
  if (absl::StrContains(name, "/")) return name;
  const absl::Status found = client.GetInstance(name).status();
  if (found.ok()) return client.InstanceName(name);
  if (!absl::IsNotFound(found)) return found;
  return client.ComponentName(name);
}

void Tell(std::string_view missing, uint64_t lines) {
  if (lines > 0) std::cerr << "davit: " << lines << " lines " << missing << "\n";
}

void Print(const v1::LogLine& line, bool details, std::ostream& out) {
  Tell("were written too fast to be kept", line.dropped());
  if (details) {
    out << line.sequence() << " " << google::protobuf::util::TimeUtil::ToString(line.time())
        << (line.stream() == v1::LogLine::STREAM_STDERR ? " stderr " : " stdout ")
        << (line.call_id().empty() ? "-" : line.call_id()) << " ";
  }
  out << line.text();
  // With details what goes on has a line of its own.
  if (details || !line.continues()) out << "\n";
}

}  // namespace

absl::Status Logs(Client& client, const LogsArgs& args, Output output) {
  v1::TailLogsRequest request;
  DAVIT_ASSIGN_OR_RETURN(*request.mutable_name(), FullName(client, args.name));
  request.set_after_sequence(args.after);
  request.set_follow(args.follow);
  absl::Status printed;
  const absl::Status status = client.TailLogs(request, [&](const v1::TailLogsResponse& part) {
    if (output.format == Format::kJson) {
      printed.Update(PrintJson(part, output.out));
      return;
    }
    Tell("have gone to make room for these", part.lost());
    for (const v1::LogLine& line : part.lines()) Print(line, args.details, output.out);
    output.out.flush();
  });
  DAVIT_RETURN_IF_ERROR(status);
  return printed;
}

}  // namespace davit::client::cli
