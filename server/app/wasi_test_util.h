#ifndef DAVIT_SERVER_APP_WASI_TEST_UTIL_H_
#define DAVIT_SERVER_APP_WASI_TEST_UTIL_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/component/linker.h"
#include "runtime/wasi/context.h"
#include "server/app/server_test_util.h"

namespace davit::server {

// A server as davitd is, and tests/guests/wat/wasi_command.wat deployed.
class WasiServerTest : public ServerTest {
 protected:
  ~WasiServerTest() override { Stop(); }

  void StartWasi(const std::string& config = "") {
    const auto linker = std::make_shared<component::Linker>();
    ASSERT_TRUE(wasi::AddToLinker(*linker).ok());
    Start(config, "", linker);
    component_ = Deploy("command", "tests/guests/wat/wasi_command.wasm");
  }

  // "act" of the command.
  static v1::CallRequest ActOf(const std::string& instance, const std::string& what,
                               uint32_t number = 0) {
    v1::Val text;
    text.set_string(what);
    return CallOf(instance, "act", {text, U32(number)});
  }
  v1::CallRequest FreshActOf(const std::string& what, uint32_t number = 0) const {
    v1::CallRequest request = ActOf("", what, number);
    request.set_component(component_);
    return request;
  }

  // What is in a log now, from the line after the one numbered `after` on.
  std::vector<v1::LogLine> Lines(const std::string& name, uint64_t after = 0) {
    grpc::ClientContext context;
    v1::TailLogsRequest request;
    request.set_name(name);
    request.set_after_sequence(after);
    const auto reader = instances_->TailLogs(&context, request);
    std::vector<v1::LogLine> lines;
    for (v1::TailLogsResponse part; reader->Read(&part);) {
      lines.insert(lines.end(), part.lines().begin(), part.lines().end());
    }
    const grpc::Status status = reader->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return lines;
  }
  std::vector<std::string> Texts(const std::string& name, uint64_t after = 0) {
    std::vector<std::string> texts;
    for (const v1::LogLine& line : Lines(name, after)) texts.push_back(line.text());
    return texts;
  }

  std::string component_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_APP_WASI_TEST_UTIL_H_
