#include "server/rpc/instance_service.h"

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "server/app/server_test_util.h"

namespace davit::server {
namespace {

class InstanceServiceTest : public ServerTest {
 protected:
  v1::ListInstancesResponse List(int32_t page_size = 0, const std::string& token = "") {
    grpc::ClientContext context;
    v1::ListInstancesRequest request;
    request.set_parent("tenants/default");
    request.set_page_size(page_size);
    request.set_page_token(token);
    v1::ListInstancesResponse response;
    EXPECT_TRUE(instances_->ListInstances(&context, request, &response).ok());
    return response;
  }
};

TEST_F(InstanceServiceTest, LivesFromCreateToDelete) {
  Start();
  const std::string component = DeployCalc();
  v1::Instance instance;
  ASSERT_TRUE(Create(CreateRequest(component, "one"), &instance).ok());
  EXPECT_EQ(instance.name(), "tenants/default/instances/one");
  EXPECT_EQ(instance.state(), v1::Instance::STATE_ACTIVE);
  EXPECT_EQ(instance.isolation(), v1::ISOLATION_SHARED);
  EXPECT_EQ(instance.limits().memory_bytes(), 256u << 20);
  EXPECT_EQ(instance.memory_bytes(), 65536u);
  EXPECT_TRUE(instance.component().starts_with(component + "/revisions/"));
  ASSERT_TRUE(Call(instance.name(), kAdd, {U32(1), U32(2)}).ok());
  EXPECT_EQ(Get(instance.name()).calls(), 1u);
  ASSERT_TRUE(Delete(instance.name()).ok());
  EXPECT_EQ(ReasonOf(Call(instance.name(), kAdd)), "INSTANCE_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Delete(instance.name())), "INSTANCE_NOT_FOUND");
}

TEST_F(InstanceServiceTest, ChoosesANameWhenThereIsNone) {
  Start();
  const std::string component = DeployCalc();
  const std::string one = Instantiate(component);
  EXPECT_NE(one, Instantiate(component));
  EXPECT_EQ(Get(one).name(), one);
}

TEST_F(InstanceServiceTest, ANameServesOneInstanceAtATime) {
  Start();
  const std::string component = DeployCalc();
  v1::Instance instance;
  ASSERT_TRUE(Create(CreateRequest(component, "one"), &instance).ok());
  const grpc::Status again = Create(CreateRequest(component, "one"), &instance);
  EXPECT_EQ(again.error_code(), grpc::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(again), "INSTANCE_EXISTS");
  ASSERT_TRUE(Delete("tenants/default/instances/one").ok());
  EXPECT_TRUE(Create(CreateRequest(component, "one"), &instance).ok());
}

TEST_F(InstanceServiceTest, AFailedCreateGivesItsNameBack) {
  Start();
  const std::string traps = Deploy("start", "tests/guests/wat/start_traps.wasm");
  v1::Instance instance;
  for (int i = 0; i < 2; ++i) {
    const grpc::Status status = Create(CreateRequest(traps, "one"), &instance);
    EXPECT_EQ(status.error_code(), grpc::UNKNOWN);
    EXPECT_EQ(ReasonOf(status), "GUEST_TRAP");
  }
  EXPECT_TRUE(Create(CreateRequest(DeployCalc(), "one"), &instance).ok());
}

TEST_F(InstanceServiceTest, RefusesBadRequests) {
  Start();
  const std::string component = DeployCalc();
  v1::Instance instance;
  v1::CreateInstanceRequest request = CreateRequest(component);
  request.set_parent("nonsense");
  EXPECT_EQ(Create(request, &instance).error_code(), grpc::INVALID_ARGUMENT);
  request.set_parent("tenants/other");
  EXPECT_EQ(ReasonOf(Create(request, &instance)), "TENANT_NOT_FOUND");
  EXPECT_EQ(Create(CreateRequest("calc"), &instance).error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(Create(CreateRequest("tenants/default/components/none"), &instance)),
            "COMPONENT_NOT_FOUND");
  EXPECT_EQ(Create(CreateRequest(component, "Bad"), &instance).error_code(),
            grpc::INVALID_ARGUMENT);
}

TEST_F(InstanceServiceTest, TakesLimitsUpToTheMaximum) {
  Start("instances { memory_bytes: 65536 max_memory_bytes: 131072 }");
  v1::CreateInstanceRequest request = CreateRequest(DeployTraps());
  v1::Instance instance;
  request.mutable_limits()->set_memory_bytes(131072);
  ASSERT_TRUE(Create(request, &instance).ok());
  EXPECT_EQ(instance.limits().memory_bytes(), 131072u);
  request.mutable_limits()->set_memory_bytes(131073);
  const grpc::Status status = Create(request, &instance);
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(DetailsOf(status)).field_violations(0).field(),
            "limits.memory_bytes");
}

TEST_F(InstanceServiceTest, MemoryEndsAtTheLimit) {
  Start();
  v1::CreateInstanceRequest request = CreateRequest(DeployTraps());
  request.mutable_limits()->set_memory_bytes(131072);
  v1::Instance instance;
  ASSERT_TRUE(Create(request, &instance).ok());
  v1::CallResponse response;
  ASSERT_TRUE(Call(CallOf(instance.name(), "grow-memory", {U32(1)}), &response).ok());
  EXPECT_EQ(response.results(0).s32(), 1);
  response.Clear();
  ASSERT_TRUE(Call(CallOf(instance.name(), "grow-memory", {U32(1)}), &response).ok());
  EXPECT_EQ(response.results(0).s32(), -1);
  EXPECT_EQ(Get(instance.name()).memory_bytes(), 131072u);
}

TEST_F(InstanceServiceTest, ListsUnsatisfiedImports) {
  Start();
  v1::Instance instance;
  const grpc::Status status =
      Create(CreateRequest(Deploy("imports", "tests/guests/wat/imports.wasm")), &instance);
  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "IMPORTS_UNSATISFIED");
  EXPECT_GE(DetailOf<google::rpc::PreconditionFailure>(DetailsOf(status)).violations_size(), 3);
}

TEST_F(InstanceServiceTest, AStartFunctionEndsAtTheDeadline) {
  Start();
  const std::string loops = Deploy("loops", "tests/guests/wat/start_loops.wasm");
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Milliseconds(300)));
  v1::Instance instance;
  EXPECT_EQ(
      instances_->CreateInstance(&context, CreateRequest(loops, "one"), &instance).error_code(),
      grpc::DEADLINE_EXCEEDED);
  // The cell is free again.
  EXPECT_TRUE(
      WaitUntil([&] { return Create(CreateRequest(DeployCalc(), "one"), &instance).ok(); }));
}

TEST_F(InstanceServiceTest, ListsInPages) {
  Start();
  const std::string component = DeployCalc();
  v1::Instance instance;
  for (const char* id : {"b", "a", "c"}) {
    ASSERT_TRUE(Create(CreateRequest(component, id), &instance).ok());
  }
  const auto first = List(2);
  ASSERT_EQ(first.instances_size(), 2);
  EXPECT_EQ(first.instances(0).name(), "tenants/default/instances/a");
  const auto second = List(2, first.next_page_token());
  ASSERT_EQ(second.instances_size(), 1);
  EXPECT_EQ(second.instances(0).name(), "tenants/default/instances/c");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(InstanceServiceTest, HoldsTheTenantToItsQuotas) {
  Start("tenant { instances: 2 dedicated_instances: 1 }");
  const std::string component = DeployCalc();
  const std::string dedicated = Instantiate(component, v1::ISOLATION_DEDICATED);
  v1::CreateInstanceRequest request = CreateRequest(component);
  request.set_isolation(v1::ISOLATION_DEDICATED);
  v1::Instance instance;
  EXPECT_EQ(ReasonOf(Create(request, &instance)), "QUOTA_EXCEEDED");
  Instantiate(component);
  EXPECT_EQ(ReasonOf(Create(CreateRequest(component), &instance)), "QUOTA_EXCEEDED");
  ASSERT_TRUE(Delete(dedicated).ok());
  EXPECT_TRUE(WaitUntil([&] { return Create(request, &instance).ok(); }));
}

TEST_F(InstanceServiceTest, DeleteEndsARunningCall) {
  Start();
  const std::string instance = Instantiate(DeployTraps());
  grpc::Status status;
  std::thread caller([&] { status = Call(instance, "loop-forever"); });
  AwaitCall(instance);
  EXPECT_TRUE(Delete(instance).ok());
  caller.join();
  EXPECT_EQ(status.error_code(), grpc::CANCELLED) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "INSTANCE_DELETED");
}

// With the only worker busy, what is deleted is gone, but its memory waits for the worker.
TEST_F(InstanceServiceTest, MemoryIsGivenBackByAWorker) {
  Start("scheduling { worker_threads: 1 max_worker_threads: 1 }");
  const std::string component = DeployTraps();
  const std::string busy = Instantiate(component, v1::ISOLATION_DEDICATED);
  const std::string other = Instantiate(component, v1::ISOLATION_DEDICATED);
  std::thread caller([&] { Call(busy, "loop-forever"); });
  AwaitCall(busy);
  const uint32_t memories = TestEngine().live_memories();
  std::thread deleting([&] { EXPECT_TRUE(Delete(other).ok()); });
  EXPECT_TRUE(WaitUntil([&] { return !Call(other, "ok").ok(); }));
  EXPECT_EQ(TestEngine().live_memories(), memories);
  EXPECT_TRUE(Delete(busy).ok());
  caller.join();
  deleting.join();
  EXPECT_TRUE(WaitUntil([&] { return TestEngine().live_memories() < memories; }));
}

TEST_F(InstanceServiceTest, DeleteEndsQueuedCallsToo) {
  Start("tenant { shared_cells: 1 }");
  const std::string component = DeployTraps();
  const std::string busy = Instantiate(component);
  const std::string other = Instantiate(component);
  std::thread caller([&] { Call(busy, "loop-forever"); });
  AwaitCall(busy);
  grpc::Status status;
  std::thread queued([&] { status = Call(other, "ok"); });
  AwaitWaiting(1);
  EXPECT_TRUE(Delete(other).ok());
  queued.join();
  EXPECT_EQ(status.error_code(), grpc::CANCELLED);
  EXPECT_TRUE(Delete(busy).ok());
  caller.join();
}

TEST_F(InstanceServiceTest, OneThatFillsTheHeapIsPoisonedAndNotItsNeighbour) {
  Start("tenant { shared_cells: 1 } engine { cell_heap_bytes: 67108864 }");
  const std::string neighbour = Instantiate(DeployCalc());
  const std::string hog = Instantiate(Deploy("hog", "tests/guests/wat/hog.wasm"));
  // Some 5 MiB each time.
  constexpr uint32_t kExceptions = 15'000, kMostCalls = 100;
  for (uint32_t i = 0; i < kMostCalls && Get(hog).state() == v1::Instance::STATE_ACTIVE; ++i) {
    Call(hog, "keep", {U32(kExceptions)});
    ASSERT_TRUE(Call(neighbour, kAdd, {U32(1), U32(2)}).ok()) << i;
  }
  EXPECT_EQ(Get(hog).state(), v1::Instance::STATE_POISONED);
  EXPECT_THAT(Get(hog).poison_reason(), testing::HasSubstr("heap limit"));
  EXPECT_FALSE(Call(hog, "keep", {U32(1)}).ok());
  EXPECT_EQ(ReasonOf(Call(hog, "keep", {U32(1)})), "INSTANCE_POISONED");
  EXPECT_EQ(Get(neighbour).state(), v1::Instance::STATE_ACTIVE);
  EXPECT_TRUE(Call(Instantiate(DeployCalc()), kAdd, {U32(1), U32(2)}).ok()) << "a new one";
}

TEST_F(InstanceServiceTest, ADedicatedInstanceWaitsForNoOther) {
  Start("tenant { shared_cells: 1 } scheduling { worker_threads: 1 }");
  const std::string component = DeployTraps();
  const std::string dedicated = Instantiate(component, v1::ISOLATION_DEDICATED);
  const std::string shared = Instantiate(component);
  std::thread caller([&] { Call(shared, "loop-forever"); });
  AwaitCall(shared);
  EXPECT_TRUE(Call(dedicated, "ok", {}, absl::Seconds(30)).ok());
  EXPECT_TRUE(Delete(shared).ok());
  caller.join();
}

}  // namespace
}  // namespace davit::server
