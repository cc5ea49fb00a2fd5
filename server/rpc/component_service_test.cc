#include "server/rpc/component_service.h"

#include <string>

#include "absl/strings/match.h"
#include "server/app/server_test_util.h"
#include "server/registry/sha256.h"

namespace davit::server {
namespace {

class ComponentServiceTest : public ServerTest {
 protected:
  grpc::Status GetComponent(const std::string& name, v1::Component* component,
                            v1::ComponentView view = v1::COMPONENT_VIEW_BASIC) {
    grpc::ClientContext context;
    v1::GetComponentRequest request;
    request.set_name(name);
    request.set_view(view);
    return components_->GetComponent(&context, request, component);
  }
  v1::ListComponentsResponse List(int32_t page_size = 0, const std::string& token = "") {
    grpc::ClientContext context;
    v1::ListComponentsRequest request;
    request.set_parent("tenants/default");
    request.set_page_size(page_size);
    request.set_page_token(token);
    v1::ListComponentsResponse response;
    EXPECT_TRUE(components_->ListComponents(&context, request, &response).ok());
    return response;
  }
  grpc::Status DeleteComponent(const std::string& name) {
    grpc::ClientContext context;
    v1::DeleteComponentRequest request;
    request.set_name(name);
    v1::DeleteComponentResponse response;
    return components_->DeleteComponent(&context, request, &response);
  }
  // Sends these messages as an upload.
  grpc::Status Send(const std::vector<v1::CreateComponentRequest>& messages) {
    grpc::ClientContext context;
    v1::Component response;
    auto writer = components_->CreateComponent(&context, &response);
    for (const auto& message : messages) {
      if (!writer->Write(message)) break;
    }
    writer->WritesDone();
    return writer->Finish();
  }
  static v1::CreateComponentRequest Header(const std::string& parent = "tenants/default",
                                           const std::string& id = "calc") {
    v1::CreateComponentRequest message;
    message.mutable_header()->set_parent(parent);
    message.mutable_header()->set_component_id(id);
    return message;
  }
  static v1::CreateComponentRequest Chunk(const std::string& bytes) {
    v1::CreateComponentRequest message;
    message.set_chunk(bytes);
    return message;
  }
  // Waits until the server has so many bytes of uploads that are under way.
  void AwaitUploaded(size_t bytes) {
    EXPECT_TRUE(WaitUntil([&] { return server_->load().upload_bytes == bytes; }));
  }

  const std::string calc_ = ReadGuest("examples/calc.wasm");
};

TEST_F(ComponentServiceTest, AnUploadIsARevisionOfItsDigest) {
  Start();
  v1::Component component;
  ASSERT_TRUE(Upload("calc", calc_, &component).ok());
  EXPECT_EQ(component.name(), "tenants/default/components/calc");
  EXPECT_EQ(component.revision(), component.name() + "/revisions/" + Sha256Hex(calc_));
  EXPECT_EQ(component.size_bytes(), calc_.size());
  EXPECT_GT(component.create_time().seconds(), 0);
}

TEST_F(ComponentServiceTest, TakesChunksOfAnySize) {
  Start();
  EXPECT_TRUE(Upload("one", calc_, nullptr, 1).ok());
  EXPECT_TRUE(Upload("all", calc_, nullptr, calc_.size()).ok());
}

TEST_F(ComponentServiceTest, FullViewDescribesTheWorld) {
  Start();
  const std::string name = DeployCalc();
  v1::Component component;
  ASSERT_TRUE(GetComponent(name, &component, v1::COMPONENT_VIEW_FULL).ok());
  ASSERT_EQ(component.world().exports_size(), 1);
  EXPECT_EQ(component.world().exports(0).name(), "bench:calc/api");
  EXPECT_TRUE(absl::StrContains(component.world().wit(), "add: func(a: u32, b: u32) -> u32"));
  EXPECT_EQ(component.revisions_size(), 1);
  v1::Component basic;
  ASSERT_TRUE(GetComponent(name, &basic).ok());
  EXPECT_FALSE(basic.has_world());
}

TEST_F(ComponentServiceTest, NewBytesAreANewRevision) {
  Start();
  v1::Component first, second;
  ASSERT_TRUE(Upload("c", calc_, &first).ok());
  ASSERT_TRUE(Upload("c", ReadGuest("tests/guests/wat/traps.wasm"), &second).ok());
  v1::Component newest, old;
  ASSERT_TRUE(GetComponent(first.name(), &newest, v1::COMPONENT_VIEW_FULL).ok());
  EXPECT_EQ(newest.revision(), second.revision());
  EXPECT_EQ(newest.revisions_size(), 2);
  ASSERT_TRUE(GetComponent(first.revision(), &old).ok());
  EXPECT_EQ(old.revision(), first.revision());
}

TEST_F(ComponentServiceTest, RefusesWhatIsNoComponentAndSaysWhere) {
  Start();
  const grpc::Status status = Upload("bad",
                                     "\x7f"
                                     "asm nonsense");
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "COMPONENT_MALFORMED");
  EXPECT_EQ(DetailOf<v1::BinaryInfo>(DetailsOf(status)).fault(), v1::BinaryInfo::FAULT_MALFORMED);
  EXPECT_EQ(List().components_size(), 0);
}

TEST_F(ComponentServiceTest, RefusesAnInvalidComponent) {
  Start();
  const grpc::Status status = Upload("bad", ReadGuest("tests/guests/wat/mismatched_modules.wasm"));
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "COMPONENT_INVALID") << status.error_message();
}

TEST_F(ComponentServiceTest, RefusesATruncatedUpload) {
  Start();
  EXPECT_EQ(Upload("cut", calc_.substr(0, calc_.size() - 1)).error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(Upload("empty", "").error_code(), grpc::INVALID_ARGUMENT);
}

TEST_F(ComponentServiceTest, TakesTheLargestUploadAndRefusesOneByteMore) {
  Start(absl::StrCat("uploads { max_bytes: ", calc_.size(), " }"));
  EXPECT_TRUE(Upload("calc", calc_).ok());
  const grpc::Status status = Upload("more", calc_ + "x");
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "LIMIT_REACHED");
  EXPECT_EQ(DetailOf<google::rpc::QuotaFailure>(DetailsOf(status)).violations(0).subject(),
            "max_upload_bytes");
}

TEST_F(ComponentServiceTest, EndsAnUploadThatIsTooLargeWithoutWaitingForItsEnd) {
  Start("uploads { max_bytes: 10 }");
  grpc::ClientContext context;
  v1::Component response;
  auto writer = components_->CreateComponent(&context, &response);
  writer->Write(Header());
  writer->Write(Chunk(std::string(11, 'x')));
  EXPECT_EQ(writer->Finish().error_code(), grpc::RESOURCE_EXHAUSTED);
}

TEST_F(ComponentServiceTest, BoundsAllUploadsTogether) {
  Start(absl::StrCat("uploads { max_bytes: ", calc_.size(), " max_total_bytes: ", calc_.size(),
                     " }"));
  grpc::ClientContext context;
  v1::Component response;
  auto slow = components_->CreateComponent(&context, &response);
  ASSERT_TRUE(slow->Write(Header()));
  ASSERT_TRUE(slow->Write(Chunk(calc_.substr(0, 1))));
  AwaitUploaded(1);
  const grpc::Status status = Upload("other", calc_);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "LIMIT_REACHED");
  ASSERT_TRUE(slow->Write(Chunk(calc_.substr(1))));
  slow->WritesDone();
  EXPECT_TRUE(slow->Finish().ok());
  EXPECT_TRUE(Upload("other", calc_).ok()) << "the bytes are free again";
}

TEST_F(ComponentServiceTest, WantsTheHeaderFirstAndOnce) {
  Start();
  for (const auto& messages : std::vector<std::vector<v1::CreateComponentRequest>>{
           {},
           {Chunk(calc_)},
           {Chunk(calc_), Header()},
           {Header(), Header(), Chunk(calc_)},
           {Header(), Chunk(calc_), Header()},
           {Header(), v1::CreateComponentRequest()},
           {Header("tenants/default", "Bad_Id"), Chunk(calc_)},
           {Header("tenants", "calc"), Chunk(calc_)}}) {
    const grpc::Status status = Send(messages);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    EXPECT_EQ(ReasonOf(status), "INVALID_REQUEST");
  }
  EXPECT_EQ(List().components_size(), 0);
}

TEST_F(ComponentServiceTest, OtherTenantsAreNotFound) {
  Start();
  EXPECT_EQ(ReasonOf(Send({Header("tenants/other"), Chunk(calc_)})), "TENANT_NOT_FOUND");
}

TEST_F(ComponentServiceTest, ValidateOnlyDescribesAndStoresNothing) {
  Start();
  v1::Component component;
  ASSERT_TRUE(Upload("calc", calc_, &component, 1000, /*validate_only=*/true).ok());
  EXPECT_EQ(component.world().exports_size(), 1);
  EXPECT_EQ(List().components_size(), 0);
  EXPECT_FALSE(Upload("calc", "bad", nullptr, 1000, true).ok());
}

TEST_F(ComponentServiceTest, AClientThatVanishesLeavesNothing) {
  Start();
  {
    grpc::ClientContext context;
    v1::Component response;
    auto writer = components_->CreateComponent(&context, &response);
    ASSERT_TRUE(writer->Write(Header()));
    ASSERT_TRUE(writer->Write(Chunk(calc_)));
    AwaitUploaded(calc_.size());
    context.TryCancel();
    EXPECT_EQ(writer->Finish().error_code(), grpc::CANCELLED);
  }
  AwaitUploaded(0);
  EXPECT_EQ(List().components_size(), 0);
}

TEST_F(ComponentServiceTest, AnUploadThatTakesTooLongIsEnded) {
  Start("uploads { max_ms: 100 }");
  grpc::ClientContext context;
  v1::Component response;
  auto writer = components_->CreateComponent(&context, &response);
  writer->Write(Header());
  EXPECT_TRUE(WaitUntil([&] { return !writer->Write(Chunk("x")); }));
  EXPECT_EQ(writer->Finish().error_code(), grpc::CANCELLED);
}

TEST_F(ComponentServiceTest, DownloadGivesTheBytesBack) {
  Start();
  // More than one chunk: a component may end with any custom section.
  std::string section(200'000, 'x');
  section[0] = 1;  // name of one byte
  const std::string large = calc_ + std::string("\0\xc0\x9a\x0c", 4) + section;
  v1::Component component;
  ASSERT_TRUE(Upload("large", large, &component, 60'000).ok());
  for (const std::string& name : {component.name(), component.revision()}) {
    grpc::ClientContext context;
    v1::DownloadComponentRequest request;
    request.set_name(name);
    auto reader = components_->DownloadComponent(&context, request);
    std::string bytes;
    v1::DownloadComponentResponse message;
    while (reader->Read(&message)) bytes += message.chunk();
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_TRUE(bytes == large);
  }
}

TEST_F(ComponentServiceTest, DownloadOfNothingIsNotFound) {
  Start();
  grpc::ClientContext context;
  v1::DownloadComponentRequest request;
  request.set_name("tenants/default/components/none");
  v1::DownloadComponentResponse message;
  auto reader = components_->DownloadComponent(&context, request);
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(reader->Finish().error_code(), grpc::NOT_FOUND);
}

TEST_F(ComponentServiceTest, ListsInPages) {
  Start();
  for (const char* id : {"b", "a", "c"}) ASSERT_TRUE(Upload(id, calc_).ok());
  const auto first = List(2);
  ASSERT_EQ(first.components_size(), 2);
  EXPECT_EQ(first.components(1).name(), "tenants/default/components/b");
  const auto second = List(2, first.next_page_token());
  ASSERT_EQ(second.components_size(), 1);
  EXPECT_EQ(second.next_page_token(), "");
  EXPECT_EQ(List(3).next_page_token(), "") << "a page that is just full is the last";
}

TEST_F(ComponentServiceTest, RefusesForgedPageTokensAndNegativeSizes) {
  Start();
  grpc::ClientContext one, two;
  v1::ListComponentsRequest request;
  request.set_parent("tenants/default");
  request.set_page_token("forged");
  v1::ListComponentsResponse response;
  EXPECT_EQ(components_->ListComponents(&one, request, &response).error_code(),
            grpc::INVALID_ARGUMENT);
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_EQ(components_->ListComponents(&two, request, &response).error_code(),
            grpc::INVALID_ARGUMENT);
}

TEST_F(ComponentServiceTest, DeletesARevisionOrTheComponent) {
  Start();
  v1::Component first, second, found;
  ASSERT_TRUE(Upload("c", calc_, &first).ok());
  ASSERT_TRUE(Upload("c", ReadGuest("tests/guests/wat/traps.wasm"), &second).ok());
  EXPECT_TRUE(DeleteComponent(second.revision()).ok());
  ASSERT_TRUE(GetComponent(first.name(), &found).ok());
  EXPECT_EQ(found.revision(), first.revision());
  EXPECT_TRUE(DeleteComponent(first.name()).ok());
  EXPECT_EQ(ReasonOf(GetComponent(first.name(), &found)), "COMPONENT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(DeleteComponent(first.name())), "COMPONENT_NOT_FOUND");
}

TEST_F(ComponentServiceTest, InstancesOutliveTheirComponent) {
  Start();
  const std::string component = DeployCalc();
  const std::string instance = Instantiate(component);
  ASSERT_TRUE(DeleteComponent(component).ok());
  EXPECT_TRUE(Call(instance, kAdd, {U32(1), U32(2)}).ok());
}

TEST_F(ComponentServiceTest, HoldsTheTenantToItsQuota) {
  Start("tenant { components: 1 }");
  ASSERT_TRUE(Upload("one", calc_).ok());
  const grpc::Status status = Upload("two", calc_);
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "QUOTA_EXCEEDED");
}

TEST_F(ComponentServiceTest, ComponentsSurviveARestart) {
  const std::string dir = *MakeTemporaryDirectory();
  Start("", dir);
  const std::string component = DeployCalc();
  Stop();
  Start("", dir);
  EXPECT_EQ(List().components_size(), 1);
  v1::CallRequest request = CallOf("", kAdd, {U32(1), U32(2)});
  request.set_component(component);
  v1::CallResponse response;
  ASSERT_TRUE(Call(request, &response).ok());
  EXPECT_EQ(response.results(0).u32(), 3u);
  Stop();
  RemoveTree(dir);
}

TEST_F(ComponentServiceTest, ADataDirectoryServesOneProcess) {
  const std::string dir = *MakeTemporaryDirectory();
  Start("", dir);
  EXPECT_EQ(DataDir::Open(dir).status().code(), absl::StatusCode::kFailedPrecondition);
  Stop();
  EXPECT_TRUE(DataDir::Open(dir).ok());
  RemoveTree(dir);
}

}  // namespace
}  // namespace davit::server
