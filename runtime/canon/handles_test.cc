#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/test_vals.h"
#include "runtime/canon/vals/vals.h"

// Resources on their way between the host and guests. Types 0 and 1 are the store's 10 and 11.
namespace davit::canon {
namespace {

using base::TrapCode;
using handles::HandleIndex;
using handles::Rep;

constexpr types::ResourceId kFirst{0}, kSecond{1};

// Hands out names "r1", "r2", ...
class FakeHostHandles final : public HostHandles {
 public:
  absl::StatusOr<Rep> TakeOwn(types::ResourceId type, std::string_view name) override {
    const auto found = held_.find(std::string(name));
    if (found == held_.end() || found->second.type != type) return Unknown(name);
    const Rep rep = found->second.rep;
    held_.erase(found);
    return rep;
  }
  absl::StatusOr<Rep> LendBorrow(types::ResourceId type, std::string_view name,
                                 handles::CallScope&) override {
    const auto found = held_.find(std::string(name));
    if (found == held_.end() || found->second.type != type) return Unknown(name);
    return found->second.rep;
  }
  absl::StatusOr<std::string> AddOwn(types::ResourceId type, Rep rep) override {
    std::string name = absl::StrCat("r", ++last_);
    held_[name] = {type, rep};
    return name;
  }
  absl::StatusOr<std::string> AddBorrow(types::ResourceId, Rep rep, handles::CallScope&) override {
    return absl::StrCat("borrowed", rep.value);
  }

 private:
  static absl::Status Unknown(std::string_view name) {
    return base::ArgumentError(name, "no such resource");
  }

  std::map<std::string, handles::OwnedResource> held_;
  int last_ = 0;
};

class Handles : public testing::Test {
 protected:
  Handles() { guest.context.host_handles = &host; }

  absl::StatusOr<CoreSlot> LowerOne(std::string_view type, std::string_view value) {
    CoreSlot slot[1];
    absl::Status status =
        LowerParams(*PlanOf({TypeOf(type)}), guest.context, ArgsOf({value}), slot);
    if (!status.ok()) return status;
    return slot[0];
  }
  absl::StatusOr<std::string> LiftOne(std::string_view type, CoreSlot handle) {
    ValArgs args;
    absl::Status status =
        LiftParams(*PlanOf({TypeOf(type)}), guest.context, std::vector<CoreSlot>{handle}, args);
    if (!status.ok()) return status;
    return TextOf(args[0]);
  }

  TestGuest guest;
  FakeHostHandles host;
};

TEST_F(Handles, AnOwnFromTheGuestLeavesItsTable) {
  const HandleIndex handle = guest.handles.AddOwn(kFirst, Rep(7)).value();
  EXPECT_EQ(LiftOne("own<0>", handle.value).value(), "own: \"r1\"");
  EXPECT_EQ(guest.handles.live(), 0u);
  EXPECT_EQ(TrapCodeOf(LiftOne("own<0>", handle.value).status()), TrapCode::kUnknownHandle);
}

TEST_F(Handles, AnOwnToTheGuestEntersItsTable) {
  const std::string name = host.AddOwn(kFirst, Rep(7)).value();
  const auto handle = LowerOne("own<0>", absl::StrCat("own: \"", name, "\""));
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(guest.handles.RepOf(kFirst, HandleIndex(*handle)).value(), Rep(7));
  EXPECT_EQ(LowerOne("own<0>", absl::StrCat("own: \"", name, "\"")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(Handles, AnOwnOfAnotherTypeTraps) {
  const HandleIndex handle = guest.handles.AddOwn(kFirst, Rep(7)).value();
  EXPECT_EQ(TrapCodeOf(LiftOne("own<1>", handle.value).status()), TrapCode::kUnknownHandle);
  EXPECT_EQ(guest.handles.live(), 1u);
}

TEST_F(Handles, ALentOwnIsNotLifted) {
  const HandleIndex handle = guest.handles.AddOwn(kFirst, Rep(7)).value();
  EXPECT_EQ(LiftOne("borrow<0>", handle.value).value(), "borrow: \"borrowed7\"");
  EXPECT_EQ(TrapCodeOf(LiftOne("own<0>", handle.value).status()), TrapCode::kBorrowsOutstanding);
  guest.scope.ReleaseLends();
  EXPECT_TRUE(LiftOne("own<0>", handle.value).ok());
}

TEST_F(Handles, ABorrowToTheGuestIsCounted) {
  const std::string name = host.AddOwn(kFirst, Rep(7)).value();
  const auto handle = LowerOne("borrow<0>", absl::StrCat("borrow: \"", name, "\""));
  ASSERT_TRUE(handle.ok());
  EXPECT_EQ(guest.scope.num_borrows(), 1u);
  EXPECT_EQ(guest.handles.RepOf(kFirst, HandleIndex(*handle)).value(), Rep(7));
}

TEST_F(Handles, ABorrowToTheDefiningInstanceIsTheRep) {
  guest.resource_definers[0] = TestGuest::kInstance;
  const std::string name = host.AddOwn(kFirst, Rep(777)).value();
  EXPECT_EQ(LowerOne("borrow<0>", absl::StrCat("borrow: \"", name, "\"")).value(), 777u);
  EXPECT_EQ(guest.scope.num_borrows(), 0u);
  EXPECT_EQ(guest.handles.live(), 0u);
}

TEST_F(Handles, AnOwnToTheDefiningInstanceIsAHandle) {
  guest.resource_definers[0] = TestGuest::kInstance;
  const std::string name = host.AddOwn(kFirst, Rep(777)).value();
  EXPECT_EQ(LowerOne("own<0>", absl::StrCat("own: \"", name, "\"")).value(), 1u);
}

TEST_F(Handles, AContextWithoutTablesIsAnInternalError) {
  const HandleIndex handle = guest.handles.AddOwn(kFirst, Rep(7)).value();
  guest.context.host_handles = nullptr;
  EXPECT_EQ(LiftOne("own<0>", handle.value).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(LowerOne("own<0>", "own: \"r1\"").status().code(), absl::StatusCode::kInternal);
  guest.context.host_handles = &host;
  guest.context.handles = nullptr;
  EXPECT_EQ(LiftOne("own<0>", 1).status().code(), absl::StatusCode::kInternal);
}

TEST_F(Handles, EveryLendIsCharged) {
  const HandleIndex handle = guest.handles.AddOwn(kFirst, Rep(7)).value();
  for (uint32_t i = 0; i < 50; ++i) guest.memory.Put<uint32_t>(2048 + 4 * i, handle.value);
  const auto plan = PlanOf({TypeOf("list<borrow<0>>")});
  const std::vector<CoreSlot> from = {2048, 50};
  std::vector<CoreSlot> to(2);
  TestGuest callee;
  guest.copy_budget = 50 * 4 + 50 * 16;
  EXPECT_EQ(TransferParams(*plan, guest.context, from, callee.context, absl::MakeSpan(to)),
            absl::OkStatus());
  guest.copy_budget = 50 * 4 + 50 * 16 - 1;
  EXPECT_EQ(
      TrapCodeOf(TransferParams(*plan, guest.context, from, callee.context, absl::MakeSpan(to))),
      TrapCode::kHostCopyLimit);
}

class TransferHandles : public testing::Test {
 protected:
  absl::StatusOr<CoreSlot> Transfer(std::string_view type, CoreSlot handle) {
    CoreSlot to[1];
    absl::Status status = TransferParams(*PlanOf({TypeOf(type)}), caller.context,
                                         std::vector<CoreSlot>{handle}, callee.context, to);
    if (!status.ok()) return status;
    return to[0];
  }

  TestGuest caller, callee;
};

TEST_F(TransferHandles, AnOwnMoves) {
  const HandleIndex handle = caller.handles.AddOwn(kSecond, Rep(3)).value();
  const auto moved = Transfer("own<1>", handle.value);
  ASSERT_TRUE(moved.ok());
  EXPECT_EQ(caller.handles.live(), 0u);
  EXPECT_EQ(callee.handles.RepOf(kSecond, HandleIndex(*moved)).value(), Rep(3));
}

TEST_F(TransferHandles, ABorrowIsLentByOneSideAndCountedByTheOther) {
  const HandleIndex handle = caller.handles.AddOwn(kFirst, Rep(3)).value();
  const auto lent = Transfer("borrow<0>", handle.value);
  ASSERT_TRUE(lent.ok());
  EXPECT_EQ(callee.scope.num_borrows(), 1u);
  EXPECT_EQ(TrapCodeOf(caller.handles.Drop(kFirst, handle).status()),
            TrapCode::kBorrowsOutstanding);
  EXPECT_EQ(callee.handles.RepOf(kFirst, HandleIndex(*lent)).value(), Rep(3));
  caller.scope.ReleaseLends();
  EXPECT_TRUE(caller.handles.Drop(kFirst, handle).ok());
}

TEST_F(TransferHandles, ABorrowIsLentOn) {
  handles::CallScope outer;
  const HandleIndex borrow = caller.handles.AddBorrow(kFirst, Rep(3), outer).value();
  ASSERT_TRUE(Transfer("borrow<0>", borrow.value).ok());
  EXPECT_EQ(TrapCodeOf(caller.handles.Drop(kFirst, borrow).status()),
            TrapCode::kBorrowsOutstanding);
}

TEST_F(TransferHandles, ABorrowIsNoOwn) {
  handles::CallScope outer;
  const HandleIndex borrow = caller.handles.AddBorrow(kFirst, Rep(3), outer).value();
  EXPECT_EQ(TrapCodeOf(Transfer("own<0>", borrow.value).status()), TrapCode::kUnknownHandle);
}

TEST_F(TransferHandles, ToTheDefiningInstanceGoesTheRep) {
  callee.resource_definers[0] = TestGuest::kInstance;
  const HandleIndex handle = caller.handles.AddOwn(kFirst, Rep(333)).value();
  EXPECT_EQ(Transfer("borrow<0>", handle.value).value(), 333u);
  EXPECT_EQ(callee.scope.num_borrows(), 0u);
}

}  // namespace
}  // namespace davit::canon
