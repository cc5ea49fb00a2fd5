#include "server/rpc/schema_index.h"

#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

constexpr const char* kFiles[] = {
    R"(name: "base.proto" package: "t"
       message_type { name: "Base" extension_range { start: 100 end: 200 } })",
    R"(name: "middle.proto" package: "t" dependency: "base.proto"
       message_type {
         name: "Middle"
         field { name: "base" number: 1 type: TYPE_MESSAGE label: LABEL_OPTIONAL type_name: ".t.Base"
                 oneof_index: 0 }
         oneof_decl { name: "choice" }
         nested_type { name: "Inner" }
         enum_type { name: "Kind" value { name: "KIND_ONE" number: 1 } }
         extension { name: "nested" number: 101 type: TYPE_INT32 label: LABEL_OPTIONAL
                     extendee: ".t.Base" }
       }
       extension { name: "late" number: 120 type: TYPE_INT32 label: LABEL_OPTIONAL
                   extendee: ".t.Base" }
       extension { name: "early" number: 110 type: TYPE_INT32 label: LABEL_OPTIONAL
                   extendee: ".t.Base" })",
    R"(name: "service.proto" package: "t" dependency: "middle.proto" dependency: "base.proto"
       service { name: "Service"
                 method { name: "Call" input_type: ".t.Middle" output_type: ".t.Base" } })",
    R"(name: "more.proto" package: "t" message_type { name: "More" })",
    R"(name: "secret.proto" package: "t" message_type { name: "Secret" })",
};

class SchemaIndexTest : public testing::Test {
 protected:
  static SchemaIndex Make() {
    google::protobuf::DescriptorPool pool;
    for (const char* text : kFiles) {
      google::protobuf::FileDescriptorProto file;
      EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &file));
      EXPECT_NE(pool.BuildFile(file), nullptr) << file.name();
    }
    return SchemaIndex(pool, {"t.Service", "t.Elsewhere"}, {"more.proto", "missing.proto"});
  }
  std::string NameOf(std::optional<SchemaIndex::File> file) const {
    if (!file.has_value()) return "";
    google::protobuf::FileDescriptorProto proto;
    EXPECT_TRUE(proto.ParseFromString(index_.Serialized(*file)));
    return proto.name();
  }

  const SchemaIndex index_ = Make();
};

TEST_F(SchemaIndexTest, ListsServicesAlsoThoseWithoutSchema) {
  EXPECT_THAT(index_.services(), ElementsAre("t.Service", "t.Elsewhere"));
}

TEST_F(SchemaIndexTest, FindsEverySymbolOfTheServicesAndWhatTheyImport) {
  for (const char* symbol : {"t.Service", "t.Service.Call"}) {
    EXPECT_EQ(NameOf(index_.FindSymbol(symbol)), "service.proto") << symbol;
  }
  for (const char* symbol : {"t.Middle", "t.Middle.base", "t.Middle.choice", "t.Middle.Inner",
                             "t.Middle.Kind", "t.Middle.KIND_ONE", "t.Middle.nested", "t.late"}) {
    EXPECT_EQ(NameOf(index_.FindSymbol(symbol)), "middle.proto") << symbol;
  }
  EXPECT_EQ(NameOf(index_.FindSymbol("t.More")), "more.proto");
  for (const char* symbol : {"", "t", "t.Elsewhere", "t.Middle.", "t.Nothing"}) {
    EXPECT_EQ(index_.FindSymbol(symbol), std::nullopt) << symbol;
  }
}

TEST_F(SchemaIndexTest, KnowsNothingOfOtherFilesOfThePool) {
  EXPECT_EQ(index_.FindFile("secret.proto"), std::nullopt);
  EXPECT_EQ(index_.FindSymbol("t.Secret"), std::nullopt);
  EXPECT_EQ(index_.file_count(), 4u);
}

TEST_F(SchemaIndexTest, KnowsImportsOfImportsOnce) {
  const auto service = index_.FindFile("service.proto");
  ASSERT_TRUE(service.has_value());
  std::vector<std::string> imports;
  for (const SchemaIndex::File file : index_.Imports(*service)) imports.push_back(NameOf(file));
  EXPECT_THAT(imports, ElementsAre("base.proto", "middle.proto"));
}

TEST_F(SchemaIndexTest, FindsExtensions) {
  EXPECT_EQ(NameOf(index_.FindExtension("t.Base", 101)), "middle.proto");
  EXPECT_EQ(index_.FindExtension("t.Base", 102), std::nullopt);
  EXPECT_EQ(index_.FindExtension("t.Nothing", 101), std::nullopt);
  EXPECT_THAT(index_.ExtensionNumbers("t.Base"), Optional(ElementsAre(101, 110, 120)));
  EXPECT_THAT(index_.ExtensionNumbers("t.Middle"), Optional(ElementsAre()));
  EXPECT_EQ(index_.ExtensionNumbers("t.Nothing"), std::nullopt);
}

}  // namespace
}  // namespace davit::server
