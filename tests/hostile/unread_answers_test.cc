// Answers that nobody reads: calls in Sessions and unary ones, descriptions and downloads, over
// streams whose window is shut; and requests that would be kept as long as their answers.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "davit/v1/call_service.pb.h"
#include "davit/v1/component_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/http2.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

constexpr uint32_t kAnswerBytes = 62u << 20;

// A component whose `give` answers the first bytes of its memory, as many as its parameter says.
std::string Giver() {
  ModuleBuilder module;
  module.Export("memory", Kind::kMemory, module.Memory({.min = 1024}));
  // The list at address 0: its pointer, which is 16, and its length.
  module.ExportMapping("give", Code()
                                   .I32(0)
                                   .I32(16)
                                   .Op(0x36)
                                   .U32(2)
                                   .U32(0)  // i32.store
                                   .I32(0)
                                   .Get(0)
                                   .Op(0x36)
                                   .U32(2)
                                   .U32(4)
                                   .I32(0));
  ComponentBuilder component;
  const uint32_t instance = component.CoreInstance(component.CoreModule(module.Build()));
  const uint32_t memory = component.CoreExport(kCoreMemory, instance, "memory");
  const uint32_t give = component.CoreExport(kCoreFunc, instance, "give");
  wasm::CoreEncoder list;
  list.Byte(kListType).Byte(kU8Type);
  const ComponentBuilder::TypeRef bytes(component.Type(list.view()));
  const uint32_t type = component.FuncType({kU32Type}, {bytes});
  const std::string options = absl::StrCat("\x01\x03", std::string(1, static_cast<char>(memory)));
  component.Export("give", kFuncSort, component.Lift(give, type, options));
  return component.Take();
}

class UnreadAnswersTest : public HostileTest {
 protected:
  v1::CallRequest Give(const std::string& instance) {
    v1::CallRequest request;
    request.set_instance(instance);
    request.set_function("give");
    request.add_args()->set_u32(kAnswerBytes);
    return request;
  }

  // `count` calls of a unary or server-streaming method over each of two connections.
  void Ask(std::string_view method, std::string_view message, uint32_t count) {
    std::vector<std::unique_ptr<Connection>> connections;
    const absl::Time end = absl::Now() + absl::Seconds(20) * kSlower;
    for (int i = 0; i < 2; ++i) {
      auto& connection =
          *connections.emplace_back(std::make_unique<Connection>(davitd().address(), 0));
      for (uint32_t stream = 1; stream < 2 * count && !IsDown(); stream += 2) {
        connection.Send(Frame(kHeaders, kEndHeaders, stream, Encode(GoodHeaders(method))), end);
        connection.SendData(stream, GrpcMessage(message), kEndStream, end);
      }
    }
    AwaitQuiet();
  }
};

TEST_F(UnreadAnswersTest, OfOneSession) {
  v1::SessionRequest request;
  *request.mutable_call() = Give(Instance(Giver()));
  std::string messages;
  for (int i = 0; i < 120; ++i) messages += GrpcMessage(request.SerializeAsString());
  EXPECT_THAT(Attack([&] {
                Connection connection(davitd().address(), 0);
                const absl::Time end = absl::Now() + absl::Seconds(20) * kSlower;
                connection.Send(Frame(kHeaders, kEndHeaders, 1,
                                      Encode(GoodHeaders("/davit.v1.CallService/Session"))),
                                end);
                connection.SendData(1, messages, 0, end);
                AwaitQuiet();
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB}));
}

TEST_F(UnreadAnswersTest, OfManyCalls) {
  const v1::CallRequest request = Give(Instance(Giver()));
  EXPECT_THAT(Attack([&] { Ask("/davit.v1.CallService/Call", request.SerializeAsString(), 100); }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB}));
}

// Of 190,000 imports.
std::string ManyImports() {
  wasm::CoreEncoder types, imports;
  types.U32(1).Byte(kFuncTypeForm).U32(0).Bytes({0x01, 0x00});
  constexpr uint32_t kImports = 190'000;
  imports.U32(kImports);
  for (uint32_t i = 0; i < kImports; ++i) {
    imports.Byte(0).Name(absl::StrCat("n", i)).Byte(kFuncSort).U32(0);
  }
  return ComponentBuilder().Section(kTypeSection, types).Section(kImportSection, imports).Take();
}

TEST_F(UnreadAnswersTest, OfDescriptions) {
  v1::GetComponentRequest request;
  request.set_name(client().ComponentName(Deploy(ManyImports())));
  request.set_view(v1::COMPONENT_VIEW_FULL);
  EXPECT_THAT(Attack([&] {
                Ask("/davit.v1.ComponentService/GetComponent", request.SerializeAsString(), 300);
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB}));
}

TEST_F(UnreadAnswersTest, OfDownloads) {
  v1::DownloadComponentRequest request;
  request.set_name(client().ComponentName(Deploy(ManyImports())));
  EXPECT_THAT(Attack([&] {
                Ask("/davit.v1.ComponentService/DownloadComponent", request.SerializeAsString(),
                    1000);
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB}));
}

// A request is kept until its answer has been taken. Fields of three bytes that no schema knows
// take 16 each in memory.
TEST_F(UnreadAnswersTest, OfRequestsThatAreLargeForNothing) {
  std::string unknown;
  while (unknown.size() < 4u << 20) unknown += "\xa0\x06\x01";
  EXPECT_THAT(Attack([&] { Ask("/davit.v1.InstanceService/GetInstance", unknown, 60); }),
              StaysWithin(Bounds{}));
}

}  // namespace
}  // namespace davit::hostile
