#ifndef DAVIT_SERVER_LOGS_LOG_OUTPUT_H_
#define DAVIT_SERVER_LOGS_LOG_OUTPUT_H_

#include <memory>
#include <span>
#include <string>

#include "runtime/wasi/config.h"
#include "server/logs/log.h"

namespace davit::server {

class LogSink;

// What one instance writes, cut into the lines of a log. For whoever has the instance, as sinks
// are.
class LogOutput {
 public:
  explicit LogOutput(std::shared_ptr<Log> log);

  // The instance's stdout and stderr; nothing to read. They may outlive this, and pass on what they
  // have at their end.
  wasi::Stdio stdio() const;
  // What is written from now on is of this call: until then of none that has a name.
  void BeginCall(const std::string& call_id);
  // What is written later is of no call; passes on the line that has no end yet.
  void EndCall();

 private:
  const std::shared_ptr<LogSink> out_, err_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_LOGS_LOG_OUTPUT_H_
