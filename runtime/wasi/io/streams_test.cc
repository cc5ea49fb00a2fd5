#include "runtime/wasi/io/streams.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/io/pipe.h"

namespace davit::wasi::io {
namespace {

std::vector<uint8_t> Bytes(std::string_view text) { return {text.begin(), text.end()}; }

std::string Text(const StreamResult<std::vector<uint8_t>>& bytes) {
  if (!bytes) return bytes.error().is_closed() ? "closed" : "failed";
  return std::string(bytes->begin(), bytes->end());
}

// Both ends of one pipe, as a guest sees them.
struct Streams {
  explicit Streams(size_t capacity = kPipeBytes) : Streams(MakePipe(capacity)) {}
  explicit Streams(const Pipe& pipe) : in(pipe.source), out(pipe.sink), pipe(pipe) {}
  InputStream in;
  OutputStream out;
  Pipe pipe;
};

TEST(OutputStreamTest, PermitIsUsedUpByOneWrite) {
  Streams streams;
  ASSERT_GT(streams.out.CheckWrite().value(), 2u);
  EXPECT_TRUE(streams.out.Write(Bytes("a")).ok());
  EXPECT_TRUE(base::IsTrap(streams.out.Write(Bytes("b")).status()));
  EXPECT_EQ(Text(streams.in.Read(10)), "a");
}

TEST(OutputStreamTest, WriteOfWhatIsPermittedPassesAndOneByteMoreTraps) {
  Streams streams(4);
  ASSERT_EQ(streams.out.CheckWrite().value(), 4u);
  EXPECT_TRUE(streams.out.Write(Bytes("abcd")).ok());
  EXPECT_EQ(Text(streams.in.Read(10)), "abcd");
  ASSERT_EQ(streams.out.CheckWrite().value(), 4u);
  EXPECT_TRUE(base::IsTrap(streams.out.Write(Bytes("abcde")).status()));
}

TEST(OutputStreamTest, EmptyWriteNeedsNoPermit) {
  Streams streams;
  EXPECT_TRUE(streams.out.Write({}).ok());
}

TEST(OutputStreamTest, FlushUsesUpThePermit) {
  Streams streams;
  ASSERT_GT(streams.out.CheckWrite().value(), 0u);
  EXPECT_TRUE(streams.out.Flush());
  EXPECT_TRUE(base::IsTrap(streams.out.Write(Bytes("a")).status()));
}

TEST(OutputStreamTest, ZeroesObeyThePermitAndNeedNoMemoryOfTheirLength) {
  Streams streams(10'000);
  ASSERT_EQ(streams.out.CheckWrite().value(), 10'000u);
  EXPECT_TRUE(base::IsTrap(streams.out.WriteZeroes(~uint64_t{0}).status()));
  ASSERT_EQ(streams.out.CheckWrite().value(), 10'000u);
  EXPECT_TRUE(streams.out.WriteZeroes(10'000).ok());
  EXPECT_EQ(Text(streams.in.Read(20'000)), std::string(10'000, '\0'));
}

TEST(OutputStreamTest, SpliceMovesWhatIsThereAndFits) {
  Streams from, to(3);
  EXPECT_EQ(to.out.Splice(from.in, 10).value(), 0u);
  ASSERT_TRUE(from.pipe.sink->Write(Bytes("abcdef")));
  EXPECT_EQ(to.out.Splice(from.in, 2).value(), 2u);
  EXPECT_EQ(to.out.Splice(from.in, 10).value(), 1u);
  EXPECT_EQ(to.out.Splice(from.in, 10).value(), 0u);
  EXPECT_EQ(Text(to.in.Read(10)), "abc");
  EXPECT_EQ(Text(from.in.Read(10)), "def");
  from.pipe.sink->Close();
  EXPECT_FALSE(to.out.Splice(from.in, 10));
}

TEST(OutputStreamTest, WithoutReaderIsClosed) {
  Streams streams;
  ASSERT_GT(streams.out.CheckWrite().value(), 0u);
  streams.pipe.source->Close();
  const absl::StatusOr<StreamResult<void>> written = streams.out.Write(Bytes("a"));
  ASSERT_TRUE(written.ok());
  EXPECT_TRUE(!*written && written->error().is_closed());
  EXPECT_FALSE(streams.out.CheckWrite());
}

TEST(InputStreamTest, ReadOfNothingTellsOpenFromClosed) {
  Streams streams;
  EXPECT_EQ(Text(streams.in.Read(0)), "");
  streams.pipe.sink->Close();
  EXPECT_EQ(Text(streams.in.Read(0)), "closed");
}

TEST(InputStreamTest, ReadsSixtyFourKibibytesAtMost) {
  Streams streams(100'000);
  ASSERT_TRUE(streams.pipe.sink->Write(std::vector<uint8_t>(100'000)));
  EXPECT_EQ(streams.in.Read(~uint64_t{0})->size(), kMostBytesAtOnce);
  EXPECT_EQ(streams.in.Skip(~uint64_t{0}).value(), 100'000 - kMostBytesAtOnce);
}

TEST(BlockingWriteTest, GoesOnWhereverThereIsRoom) {
  Streams streams(3);
  BlockingWrite write(streams.out, Bytes("abcdefg"));
  StreamResult<void> result;
  EXPECT_FALSE(write.Advance(result));
  EXPECT_EQ(Text(streams.in.Read(10)), "abc");
  EXPECT_FALSE(write.Advance(result));
  EXPECT_EQ(Text(streams.in.Read(10)), "def");
  EXPECT_TRUE(write.Advance(result));
  EXPECT_TRUE(result);
  EXPECT_EQ(Text(streams.in.Read(10)), "g");
}

TEST(BlockingWriteTest, EndsWithTheReader) {
  Streams streams(3);
  BlockingWrite write(streams.out, Bytes("abcdefg"));
  StreamResult<void> result;
  EXPECT_FALSE(write.Advance(result));
  streams.pipe.source->Close();
  EXPECT_TRUE(write.Advance(result));
  EXPECT_TRUE(!result && result.error().is_closed());
}

}  // namespace
}  // namespace davit::wasi::io
