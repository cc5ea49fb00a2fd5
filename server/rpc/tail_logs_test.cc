// InstanceService.TailLogs: tests/guests/wat/wasi_command.wat says what guests write.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "server/app/wasi_test_util.h"
#include "server/logs/log.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TailLogsTest : public WasiServerTest {
 protected:
  struct Tail {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::TailLogsResponse>> reader;

    v1::TailLogsResponse Read() {
      v1::TailLogsResponse part;
      EXPECT_TRUE(reader->Read(&part));
      return part;
    }
    grpc::Status Finish() {
      for (v1::TailLogsResponse part; reader->Read(&part);) {
      }
      return reader->Finish();
    }
  };
  std::unique_ptr<Tail> Follow(const std::string& name, uint64_t after = 0) {
    auto tail = std::make_unique<Tail>();
    v1::TailLogsRequest request;
    request.set_name(name);
    request.set_after_sequence(after);
    request.set_follow(true);
    tail->reader = instances_->TailLogs(&tail->context, request);
    return tail;
  }
  // What is wrong with a request for this name.
  std::string Refusal(const std::string& name) {
    Tail tail;
    v1::TailLogsRequest request;
    request.set_name(name);
    tail.reader = instances_->TailLogs(&tail.context, request);
    return ReasonOf(tail.Finish());
  }
};

TEST_F(TailLogsTest, ShowsLinesWithTheirStreamTimeAndCall) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  const absl::Time begin = absl::Now();
  v1::CallRequest request = ActOf(instance, "both");
  request.set_call_id("the-call");
  EXPECT_TRUE(Call(request).ok());
  EXPECT_TRUE(Call(ActOf(instance, "prompt")).ok());
  const std::vector<v1::LogLine> lines = Lines(instance);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].text(), "out 1");
  EXPECT_EQ(lines[0].stream(), v1::LogLine::STREAM_STDOUT);
  EXPECT_EQ(lines[1].text(), "err 1");
  EXPECT_EQ(lines[1].stream(), v1::LogLine::STREAM_STDERR);
  EXPECT_EQ(lines[2].call_id(), "the-call");
  EXPECT_EQ(lines[3].text(), "prompt> ") << "the end of a call ends a line";
  EXPECT_EQ(lines[3].call_id(), "");
  for (size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(lines[i].sequence(), i + 1);
  EXPECT_GE(lines[0].time().seconds(), absl::ToUnixSeconds(begin));
}

TEST_F(TailLogsTest, GoesOnWhereAReaderHasCome) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "both")).ok());
  EXPECT_THAT(Texts(instance, 2), ElementsAre("out 2"));
  EXPECT_THAT(Texts(instance, 3), IsEmpty());
}

TEST_F(TailLogsTest, FollowsWhatIsWrittenUntilTheInstanceIsDeleted) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "prompt")).ok());
  const auto tail = Follow(instance);
  EXPECT_EQ(tail->Read().lines(0).text(), "prompt> ");
  EXPECT_TRUE(Call(ActOf(instance, "lines", 1)).ok());
  EXPECT_EQ(tail->Read().lines(0).text(), "a line");
  EXPECT_TRUE(Delete(instance).ok());
  EXPECT_TRUE(tail->Finish().ok());
}

TEST_F(TailLogsTest, AReaderThatIsTooSlowIsToldWhatItMissed) {
  StartWasi("instances { log_bytes: 16384 }");
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "lines", 1000)).ok());
  const auto tail = Follow(instance);
  const v1::TailLogsResponse part = tail->Read();
  EXPECT_GT(part.lost(), 0u);
  EXPECT_EQ(part.lines(0).sequence(), part.lost() + 1);
  EXPECT_EQ(part.lines(part.lines_size() - 1).sequence(), 1000u);
}

TEST_F(TailLogsTest, WhatComesTooFastIsCounted) {
  StartWasi("instances { log_rate: 16384 }");
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "lines", 10'000)).ok());
  EXPECT_LT(Texts(instance).size(), 10'000u);
  // As time goes on there is room for another one, which tells.
  EXPECT_TRUE(WaitUntil([&] {
    EXPECT_TRUE(Call(ActOf(instance, "lines", 1)).ok());
    return Lines(instance).back().dropped() > 0;
  }));
}

TEST_F(TailLogsTest, AComponentHasALogOfItsFreshInstances) {
  StartWasi();
  EXPECT_THAT(Texts(component_), IsEmpty());
  v1::CallRequest request = FreshActOf("lines", 1);
  request.set_call_id("c1");
  EXPECT_TRUE(Call(request).ok());
  EXPECT_TRUE(Call(FreshActOf("prompt")).ok());
  const std::vector<v1::LogLine> lines = Lines(component_);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].call_id(), "c1");
  EXPECT_EQ(lines[1].text(), "prompt> ");
  EXPECT_EQ(lines[1].call_id(), "");

  const auto tail = Follow(component_, 2);
  EXPECT_TRUE(Call(FreshActOf("lines", 1)).ok());
  EXPECT_EQ(tail->Read().lines(0).text(), "a line");
  grpc::ClientContext context;
  v1::DeleteComponentRequest deletion;
  deletion.set_name(component_);
  v1::DeleteComponentResponse deleted;
  EXPECT_TRUE(components_->DeleteComponent(&context, deletion, &deleted).ok());
  EXPECT_TRUE(tail->Finish().ok());
}

TEST_F(TailLogsTest, AnInstanceThatIsDeletedHasNone) {
  StartWasi();
  EXPECT_EQ(Refusal("tenants/default/instances/none"), "INSTANCE_NOT_FOUND");
  EXPECT_EQ(Refusal("tenants/default/components/none"), "COMPONENT_NOT_FOUND");
  EXPECT_EQ(Refusal("tenants/other/instances/none"), "TENANT_NOT_FOUND");
  EXPECT_EQ(Refusal("nonsense"), "INVALID_REQUEST");
}

TEST_F(TailLogsTest, SoManyMayFollow) {
  StartWasi();
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "prompt")).ok());
  std::vector<std::unique_ptr<Tail>> tails;
  for (size_t i = 0; i < Log::kMaxFollowers; ++i) {
    tails.push_back(Follow(instance));
    tails.back()->Read();
  }
  EXPECT_EQ(ReasonOf(Follow(instance)->Finish()), "LIMIT_REACHED");
  tails.back()->context.TryCancel();
  EXPECT_TRUE(WaitUntil([&] {
    v1::TailLogsResponse part;
    return Follow(instance)->reader->Read(&part);
  }));
}

TEST_F(TailLogsTest, ShutdownDoesNotWaitForThoseWhoFollow) {
  StartWasi("deadlines { drain_ms: 3600000 }");
  const std::string instance = Instantiate(component_);
  EXPECT_TRUE(Call(ActOf(instance, "prompt")).ok());
  const auto tail = Follow(instance);
  tail->Read();
  Stop();
  EXPECT_EQ(ReasonOf(tail->Finish()), "SERVER_DRAINING");
}

}  // namespace
}  // namespace davit::server
