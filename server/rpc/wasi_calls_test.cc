// Calls of guests that use WASI: tests/guests/wat/wasi_command.wat says what they do.

#include <string>

#include "gmock/gmock.h"
#include "server/app/wasi_test_util.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class WasiCallsTest : public WasiServerTest {
 protected:
  static void Grant(v1::WasiConfig& config, const std::string& arg, const std::string& variable) {
    config.add_args(arg);
    v1::EnvVar& var = *config.add_env();
    var.set_name(variable);
    var.set_value("1");
  }
};

TEST_F(WasiCallsTest, AnInstanceHasWhatItWasGranted) {
  StartWasi();
  v1::CreateInstanceRequest request = CreateRequest(component_, "granted");
  Grant(*request.mutable_wasi(), "prog", "A");
  v1::Instance instance;
  ASSERT_TRUE(Create(request, &instance).ok());
  for (int call = 0; call < 2; ++call) EXPECT_TRUE(Call(ActOf(instance.name(), "args")).ok());
  EXPECT_THAT(Texts(instance.name()), ElementsAre("prog", "A=1", "prog", "A=1"));
}

TEST_F(WasiCallsTest, NothingIsGrantedByItself) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "args")).ok());
  EXPECT_TRUE(Call(ActOf(instance, "echo")).ok()) << "there is nothing to read";
  EXPECT_THAT(Texts(instance), IsEmpty());
}

TEST_F(WasiCallsTest, AnExitEndsTheCallAndTheInstance) {
  StartWasi();
  for (const uint32_t code : {0, 7}) {
    const std::string instance = Instantiate(component_);
    const grpc::Status status = Call(ActOf(instance, "quit", code));
    EXPECT_EQ(status.error_code(), grpc::ABORTED);
    EXPECT_EQ(ReasonOf(status), "GUEST_EXITED");
    const auto info = DetailOf<google::rpc::ErrorInfo>(DetailsOf(status));
    EXPECT_EQ(info.metadata().at("exit_code"), std::to_string(code));
    EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_EXITED);
    EXPECT_EQ(Get(instance).exit_code(), code);
    EXPECT_THAT(Get(instance).poison_reason(), IsEmpty());

    const grpc::Status next = Call(instance, "add", {U32(1), U32(2)});
    EXPECT_EQ(next.error_code(), grpc::FAILED_PRECONDITION);
    EXPECT_EQ(ReasonOf(next), "INSTANCE_EXITED");
    EXPECT_THAT(Texts(instance), ElementsAre("quitting")) << "its log stays";
  }
}

TEST_F(WasiCallsTest, ATrapIsNoExit) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  EXPECT_EQ(ReasonOf(Call(ActOf(instance, "unreachable"))), "GUEST_TRAP");
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_POISONED);
  EXPECT_EQ(Get(instance).exit_code(), 0u);
}

TEST_F(WasiCallsTest, AFreshInstanceHasTheGrantsOfItsCallAlone) {
  StartWasi();
  v1::CallRequest request = FreshActOf("args");
  Grant(*request.mutable_wasi(), "first", "A");
  EXPECT_TRUE(Call(request).ok());
  EXPECT_TRUE(Call(FreshActOf("args")).ok()) << "one that has served before";
  request.clear_wasi();
  Grant(*request.mutable_wasi(), "third", "C");
  EXPECT_TRUE(Call(request).ok());
  EXPECT_THAT(Texts(component_), ElementsAre("first", "A=1", "third", "C=1"));
}

TEST_F(WasiCallsTest, AFreshInstanceThatExitsIsNotUsedAgain) {
  StartWasi();
  EXPECT_EQ(ReasonOf(Call(FreshActOf("quit", 3))), "GUEST_EXITED");
  EXPECT_TRUE(Call(FreshActOf("both")).ok());
}

TEST_F(WasiCallsTest, AnInstanceTakesNoGrantsWithACall) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  v1::CallRequest request = ActOf(instance, "args");
  request.mutable_wasi()->add_args("late");
  const grpc::Status status = Call(request);
  EXPECT_EQ(ReasonOf(status), "INVALID_REQUEST");
  EXPECT_THAT(status.error_message(), HasSubstr("wasi: "));
}

TEST_F(WasiCallsTest, GrantsAreBounded) {
  StartWasi();
  v1::CreateInstanceRequest request = CreateRequest(component_);
  request.mutable_wasi()->add_args(std::string((128 << 10) - 1, 'a'));
  v1::ConfigValue& value = *request.mutable_wasi()->add_config();
  value.set_key("k");
  value.set_value(std::string((128 << 10) - 3, 'v'));
  v1::Instance instance;
  EXPECT_TRUE(Create(request, &instance).ok());
  request.mutable_wasi()->mutable_args(0)->push_back('a');
  const grpc::Status status = Create(request, &instance);
  EXPECT_EQ(ReasonOf(status), "INVALID_REQUEST");
  EXPECT_THAT(status.error_message(), HasSubstr("wasi.args[0]"));

  v1::CallRequest call = FreshActOf("both");
  *call.mutable_wasi() = request.wasi();
  EXPECT_THAT(Call(call).error_message(), HasSubstr("wasi.args[0]"));
  call.mutable_wasi()->mutable_args(0)->pop_back();
  EXPECT_TRUE(Call(call).ok());
}

TEST_F(WasiCallsTest, ASleeperHoldsUpNobodyElse) {
  StartWasi("scheduling { worker_threads: 1 } tenant { shared_cells: 1 }");
  const std::string sleeper = Instantiate(component_), other = Instantiate(component_);
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  v1::CallResponse response;
  grpc::Status status;
  const auto call = calls_->AsyncCall(&context, ActOf(sleeper, "sleep", 1'000'000), &queue);
  call->Finish(&response, &status, nullptr);
  AwaitCall(sleeper);
  EXPECT_TRUE(Call(other, "add", {U32(1), U32(2)}).ok());
  context.TryCancel();
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_EQ(status.error_code(), grpc::CANCELLED);
  EXPECT_TRUE(WaitUntil([&] { return Get(sleeper).state() == v1::Instance::STATE_POISONED; }));
  queue.Shutdown();
}

}  // namespace
}  // namespace davit::server
