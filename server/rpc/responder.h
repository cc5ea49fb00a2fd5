#ifndef DAVIT_SERVER_RPC_RESPONDER_H_
#define DAVIT_SERVER_RPC_RESPONDER_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "runtime/component/instance.h"
#include "server/rpc/answers.h"

namespace davit::server {

// How the answer to one call goes out, whatever RPC or stream it goes by, and the room that it
// takes until the client has read it. Used for one call after the other. What has no remark is for
// one thread at a time.
class Responder : public component::ResultRoom {
 public:
  ~Responder() override = default;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  // Whether nobody waits for the answer any more. Thread-safe.
  virtual bool Cancelled() const = 0;
  // Forgets the arguments, which are large, and keeps the results. After the call.
  virtual void DropArguments() = 0;
  // Sends the results, or what went wrong in the instance of that name, if it had one. The end of
  // the call, once; whatever the call is part of may be gone when it returns.
  virtual void Respond(const absl::Status& status, std::string_view instance) = 0;

  // kLimitReached where the connection has no room for any answer. Before the call.
  absl::Status CheckRoom();
  // Of component::ResultRoom: room for results while they grow.
  bool Take(uint64_t bytes) final { return share().Take(bytes); }
  // After a call that ended with `status`: makes the answer take what it takes now. Returns what to
  // answer: `status`, or kLimitReached where there is no room.
  absl::Status Settle(absl::Status status);
  // Bytes that the answer takes beside what every call has; 0 for small ones.
  uint64_t answer_bytes() const { return share_.bytes(); }

 protected:
  // `answers` must outlive it.
  explicit Responder(Answers& answers) : answers_(answers) {}

  // Of the client's connection.
  virtual Answers::AccountPtr FindAccount() const = 0;
  // What the answer takes as it is now, with its encoding.
  virtual uint64_t AnswerBytes() const = 0;

  // Makes the answer take so many bytes; false, and it takes what it did, when there is no room.
  bool Resize(uint64_t bytes) { return share().Resize(bytes); }
  // The client has the answer, or gets none.
  void FreeRoom() { share_ = {}; }

 private:
  Answers::Share& share();

  Answers& answers_;
  Answers::Share share_;  // empty for a small one
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_RESPONDER_H_
