#include "server/transport/message_progress.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

std::string Message(uint32_t length) {
  std::string message(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) message += static_cast<char>(length >> shift);
  return message + std::string(length, 'x');
}

void Take(MessageProgress& progress, std::string_view bytes) {
  progress.Take({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

TEST(MessageProgressTest, HoldsWhatHasComeUntilTheMessageIsWhole) {
  MessageProgress progress;
  const std::string message = Message(70'000);
  for (size_t at = 0; at < message.size(); ++at) {
    Take(progress, message.substr(at, 1));
    const size_t come = at + 1 < 5 ? 0 : at + 1 - 5;
    ASSERT_EQ(progress.held(), come == 70'000 ? 0 : come) << at;
  }
}

TEST(MessageProgressTest, FindsTheNextMessageInTheSamePiece) {
  MessageProgress progress;
  const std::string messages = Message(3) + Message(0) + Message(0) + Message(300);
  Take(progress, messages.substr(0, messages.size() - 100));
  EXPECT_EQ(progress.held(), 200u);
  Take(progress, messages.substr(messages.size() - 100) + Message(5).substr(0, 7));
  EXPECT_EQ(progress.held(), 2u);
}

TEST(MessageProgressTest, TakesTheLongestLengthThatCanBeAnnounced) {
  MessageProgress progress;
  Take(progress, std::string_view("\0\xff\xff\xff\xff", 5));
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 4095; ++i) Take(progress, piece);
  EXPECT_EQ(progress.held(), 4095u << 20);
}

}  // namespace
}  // namespace davit::server
