#include "server/rpc/responder.h"

#include "runtime/base/error.h"

namespace davit::server {

Answers::Share& Responder::share() {
  if (!share_.has_account()) share_ = Answers::Share(FindAccount());
  return share_;
}

absl::Status Responder::CheckRoom() {
  if (answers_.plenty()) [[likely]]
    return absl::OkStatus();
  return FindAccount()->Room() > 0 ? absl::OkStatus() : answers_.NoRoomError();
}

absl::Status Responder::Settle(absl::Status status) {
  if (!status.ok() && base::LimitOf(status) == "result_room") [[unlikely]]
    status = answers_.NoRoomError();
  if (share_.bytes() == 0) return status;
  if (status.ok() && !Resize(AnswerBytes())) status = answers_.NoRoomError();
  if (!status.ok()) FreeRoom();
  return status;
}

}  // namespace davit::server
