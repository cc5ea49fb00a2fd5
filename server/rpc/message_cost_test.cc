#include "server/rpc/message_cost.h"

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "davit/v1/call_service.pb.h"
#include "gmock/gmock.h"
#include "google/protobuf/arena.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "gtest/gtest.h"
#include "runtime/base/sanitizer.h"

// Of a sanitizer, whose malloc mallinfo2 knows nothing of. Counts bytes as they were asked for.
extern "C" size_t __sanitizer_get_current_allocated_bytes();

namespace davit::server {
namespace {

constexpr bool kSanitized = base::kAddressSanitizer || base::kThreadSanitizer;

using google::protobuf::Arena;
using google::protobuf::io::ArrayInputStream;
using testing::AllOf;
using testing::Ge;
using testing::Le;

constexpr uint64_t kNoLimit = UINT64_MAX;
// What an arena's blocks and malloc's arenas have beside.
constexpr uint64_t kSlack = 64 << 10;

const MessageCost& Costs() {
  static const MessageCost& costs = *new MessageCost(*v1::CallRequest::descriptor());
  return costs;
}

uint64_t CostOf(std::string_view encoded, uint64_t max = kNoLimit) {
  // In pieces, as gRPC has them.
  ArrayInputStream stream(encoded.data(), static_cast<int>(encoded.size()), 1009);
  return Costs().Of(stream, max);
}

// What parsing allocates and keeps: on the heap, and on the arena by way of it.
uint64_t TakenBy(std::string_view encoded) {
  const auto in_use = []() -> uint64_t {
    if constexpr (kSanitized) return __sanitizer_get_current_allocated_bytes();
    const struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  const uint64_t before = in_use();
  Arena arena;
  auto* const request = Arena::CreateMessage<v1::CallRequest>(&arena);
  EXPECT_TRUE(request->ParseFromArray(encoded.data(), static_cast<int>(encoded.size())));
  return in_use() - before;
}

std::string Repeat(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

// Tag and length in front of `text`.
std::string Part(char tag, std::string_view text) {
  std::string length;
  for (size_t left = text.size();; left /= 128) {
    length += static_cast<char>(left % 128 | (left >= 128 ? 128 : 0));
    if (left < 128) break;
  }
  return absl::StrCat(std::string(1, tag), length, text);
}

struct Shape {
  const char* name;
  std::string encoded;
  uint64_t loose = 3;  // times what is taken, at most
};

class MessageCostTest : public testing::TestWithParam<Shape> {};

TEST_P(MessageCostTest, IsNoLessThanWhatParsingTakesAndNotMuchMore) {
  const uint64_t taken = TakenBy(GetParam().encoded);
  EXPECT_THAT(CostOf(GetParam().encoded) + kSlack,
              AllOf(Ge(taken), Le(taken * GetParam().loose + 4 * kSlack)));
}

std::string Args(size_t count, std::string_view val) { return Repeat(Part('\x22', val), count); }

v1::CallRequest Records() {
  v1::CallRequest request;
  auto& list = *request.add_args()->mutable_list();
  for (int i = 0; i < 20'000; ++i) {
    auto& record = *list.add_items()->mutable_record();
    for (const char* name : {"id", "name", "score"}) {
      auto& field = *record.add_fields();
      field.set_name(name);
      field.mutable_value()->set_string("some text that is a bit longer");
    }
  }
  return request;
}

v1::CallRequest Numbers() {
  v1::CallRequest request;
  auto& list = *request.add_args()->mutable_u32_list();
  for (int i = 0; i < 1'000'000; ++i) list.add_values(i);
  auto& small = *request.add_args()->mutable_s16_list();
  for (int i = 0; i < 1'000'000; ++i) small.add_values(i % 7);
  return request;
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, MessageCostTest,
    testing::Values(
        Shape{"UnknownGroups", Repeat("\xfb\x07\xfc\x07", 500'000), 9},
        Shape{"UnknownGroupsOfTwoBytes", Repeat("\x6b\x6c", 500'000), 9},
        Shape{"UnknownNumbers", Repeat(std::string_view("\xf8\x07\x01", 3), 500'000), 9},
        Shape{"UnknownTexts", Repeat(std::string_view("\xfa\x07\0", 3), 500'000), 9},
        Shape{"UnknownNumbersInValues", Args(100'000, "\xf8\x07\x01")},
        Shape{"KnownNumbersOfAnotherWireType", Repeat(std::string_view("\x18\x01", 2), 500'000), 9},
        Shape{"EmptyArguments", Args(500'000, "")},
        Shape{"EmptyRecords", Args(300'000, std::string_view("\x52\0", 2))},
        Shape{"EmptyFieldsOfARecord",
              Part('\x22', Part('\x52', Repeat(std::string_view("\x0a\0", 2), 500'000)))},
        // On an arena each takes the place of the one before, which stays.
        Shape{"AlternativesThatReplaceEachOther",
              Part('\x22', Repeat(std::string_view("\x4a\0\x52\0", 4), 200'000))},
        Shape{"Labels", Args(100'000, std::string_view("\xb2\x01\x02\x0a\0", 5))},
        Shape{"LongText", Args(3, Part('\x3a', std::string(1 << 20, 'x')))},
        Shape{"PackedBytes",
              Args(1, std::string("\xd2\x01") +
                          Part('\0', Part('\x0a', std::string(1 << 20, '\x01'))).substr(1))},
        Shape{"Records", Records().SerializeAsString()},
        Shape{"Numbers", Numbers().SerializeAsString(), 4}),
    [](const testing::TestParamInfo<Shape>& info) { return info.param.name; });

TEST(MessageCostTest, SmallRequestsCostLittle) {
  v1::CallRequest request;
  request.set_instance("tenants/default/instances/calc-1");
  request.set_function("bench:calc/api#add");
  request.add_args()->set_u32(3);
  request.add_args()->set_u32(4);
  EXPECT_LE(CostOf(request.SerializeAsString()), 1000);
}

TEST(MessageCostTest, EndsWhereThereIsTooMuch) {
  const std::string encoded = Args(1000, "");
  const uint64_t all = CostOf(encoded);
  EXPECT_EQ(CostOf(encoded, all), all);
  EXPECT_GT(CostOf(encoded, all - 1), all - 1);
  const uint64_t early = CostOf(encoded, 5000);
  EXPECT_GT(early, 5000);
  EXPECT_LT(early, 6000);
}

TEST(MessageCostTest, EndsWhereTheEncodingIsBroken) {
  const std::string rest = Args(1000, "");
  for (const std::string_view broken :
       {std::string_view("\x22\x7f", 2), std::string_view("\x22\xff\xff\xff\xff\xff\xff", 7),
        std::string_view("\x22\x01\x52", 3), std::string_view("\x6c", 1), std::string_view("\0", 1),
        std::string_view("\x07", 1), std::string_view("\x6b", 1)}) {
    EXPECT_LE(CostOf(broken), 500) << absl::CHexEscape(broken);
    if (broken != "\x22\x7f" && broken != "\x6b") {
      EXPECT_LE(CostOf(absl::StrCat(broken, rest)), 500) << absl::CHexEscape(broken);
    }
  }
}

TEST(MessageCostTest, NestsAsDeepAsProtobufParses) {
  std::string value;
  for (int i = 0; i < 2000; ++i) value = Part('\x4a', Part('\x0a', value));
  EXPECT_LE(CostOf(Part('\x22', value)), 101 * 200);
  EXPECT_LE(CostOf(Repeat("\x6b", 100'000)), 101 * 200);
}

}  // namespace
}  // namespace davit::server
