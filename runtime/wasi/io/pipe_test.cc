#include "runtime/wasi/io/pipe.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "gtest/gtest.h"

namespace davit::wasi::io {
namespace {

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What can be read at once, "closed" at the end.
std::string Read(ByteSource& source, size_t most = 100) {
  std::string out(most, '\0');
  const StreamResult<size_t> count =
      source.Read({reinterpret_cast<uint8_t*>(out.data()), out.size()});
  if (!count) return count.error().is_closed() ? "closed" : "failed";
  return out.substr(0, *count);
}

class Counted final : public Wakee {
 public:
  void Wake() override { ++wakes; }
  int wakes = 0;
};

TEST(PipeTest, GivesBytesInOrderAcrossItsEnd) {
  const Pipe pipe = MakePipe(4);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(pipe.sink->Write(Bytes("abc")));
    EXPECT_EQ(Read(*pipe.source), "abc");
  }
}

TEST(PipeTest, HasRoomForItsCapacityAndNoMore) {
  const Pipe pipe = MakePipe(4);
  EXPECT_EQ(pipe.sink->Room().value(), 4u);
  EXPECT_TRUE(pipe.sink->Write(Bytes("abcd")));
  EXPECT_EQ(pipe.sink->Room().value(), 0u);
  EXPECT_FALSE(pipe.sink->Ready());
  EXPECT_EQ(Read(*pipe.source, 1), "a");
  EXPECT_EQ(pipe.sink->Room().value(), 1u);
}

TEST(PipeTest, SourceOfAnEmptyPipeHasNothingYet) {
  const Pipe pipe = MakePipe();
  EXPECT_FALSE(pipe.source->Ready());
  EXPECT_EQ(Read(*pipe.source), "");
}

TEST(PipeTest, SourceEndsAfterWhatWasWritten) {
  Pipe pipe = MakePipe();
  EXPECT_TRUE(pipe.sink->Write(Bytes("last")));
  pipe.sink.reset();
  EXPECT_EQ(Read(*pipe.source, 2), "la");
  EXPECT_EQ(Read(*pipe.source), "st");
  EXPECT_TRUE(pipe.source->Ready());
  EXPECT_EQ(Read(*pipe.source), "closed");
  EXPECT_EQ(Read(*pipe.source), "closed");
}

TEST(PipeTest, SinkEndsWithItsSource) {
  Pipe pipe = MakePipe();
  pipe.source.reset();
  EXPECT_TRUE(pipe.sink->Ready());
  EXPECT_FALSE(pipe.sink->Room());
  EXPECT_FALSE(pipe.sink->Write(Bytes("x")));
}

TEST(PipeTest, WakesTheOtherEndOnce) {
  const Pipe pipe = MakePipe(4);
  const auto reader = std::make_shared<Counted>();
  pipe.source->Arm(Waker(reader));
  EXPECT_EQ(reader->wakes, 0);
  EXPECT_TRUE(pipe.sink->Write(Bytes("abcd")));
  EXPECT_EQ(reader->wakes, 1);
  const auto writer = std::make_shared<Counted>();
  pipe.sink->Arm(Waker(writer));
  EXPECT_EQ(Read(*pipe.source), "abcd");
  EXPECT_EQ(Read(*pipe.source), "");
  EXPECT_EQ(writer->wakes, 1);
  EXPECT_EQ(reader->wakes, 1);
}

TEST(PipeTest, ArmedWhereItIsReadyWakesAtOnce) {
  const Pipe pipe = MakePipe();
  const auto wakee = std::make_shared<Counted>();
  pipe.sink->Arm(Waker(wakee));
  EXPECT_EQ(wakee->wakes, 1);
}

TEST(PipeTest, MovesBytesBetweenThreads) {
  Pipe pipe = MakePipe(16);
  constexpr int kBytes = 100'000;
  std::thread writer([sink = std::move(pipe.sink)] {
    for (int i = 0; i < kBytes;) {
      const size_t room = sink->Room().value();
      if (room == 0) std::this_thread::yield();
      for (size_t j = 0; j < room && i < kBytes; ++j, ++i) {
        const uint8_t byte = static_cast<uint8_t>(i % 251);
        ASSERT_TRUE(sink->Write({&byte, 1}));
      }
    }
  });
  int i = 0;
  std::array<uint8_t, 7> out;
  while (const StreamResult<size_t> count = pipe.source->Read(out)) {
    for (size_t j = 0; j < *count; ++j, ++i) ASSERT_EQ(out[j], i % 251);
    if (*count == 0) std::this_thread::yield();
  }
  EXPECT_EQ(i, kBytes);
  writer.join();
}

}  // namespace
}  // namespace davit::wasi::io
