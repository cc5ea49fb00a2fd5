#ifndef DAVIT_RUNTIME_CANON_VALS_VAL_SOURCE_H_
#define DAVIT_RUNTIME_CANON_VALS_VAL_SOURCE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "davit/v1/val.pb.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/lift.h"
#include "runtime/canon/lowering.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/strings.h"
#include "runtime/canon/vals/val_numbers.h"

// Vals as a source of walk.h.
namespace davit::canon {

// INTERNAL for a call that has no host handles, or no table either.
absl::Status CheckHostHandles(const CallContext& context);

class ValItems;
class ValRecordParts;
class ValTupleParts;

// One Val that CheckArgs has accepted for its type. One that it has not is read as if its missing
// parts were zero and empty, which is safe and means nothing.
class ValSource {
 public:
  // Both outlive this.
  ValSource(const v1::Val& val, Lowering& lowering) : val_(&val), lowering_(&lowering) {}

  template <typename T>
  T Number() const {
    return static_cast<T>(ValNumber<T>::Get(*val_));
  }
  bool Bool() const { return val_->bool_(); }
  absl::StatusOr<uint32_t> Char() const { return val_->char_(); }
  absl::StatusOr<Text> String() const { return Text::OfHost(val_->string()); }
  uint32_t Flags(const Node& node) const;
  absl::StatusOr<ValItems> List(const Node& node) const;
  absl::StatusOr<ValItems> Map(const Node& node) const;
  ValItems FixedList(const Node& node) const;
  ValRecordParts Record(const Node& node) const;
  ValTupleParts Tuple(const Node& node) const;
  absl::StatusOr<Choice<ValSource>> Choose(const Node& node) const;
  // Errors: those of HostHandles.
  absl::StatusOr<handles::Rep> Own(const Node& node) const;
  absl::StatusOr<handles::Rep> Borrow(const Node& node) const;

 private:
  Choice<ValSource> Chosen(uint32_t index, const v1::Val& payload) const {
    return {index, ValSource(payload, *lowering_)};
  }

  const v1::Val* val_;
  Lowering* lowering_;
};

// The fields of a record, given in any order.
class ValRecordParts {
 public:
  ValRecordParts(const v1::RecordVal& record, const Node& node, Lowering& lowering);
  ValSource Part(uint32_t index) const {
    return ValSource(
        in_order_ ? record_->fields(static_cast<int>(index)).value() : *by_member_[index],
        *lowering_);
  }

 private:
  const v1::RecordVal* record_;
  Lowering* lowering_;
  bool in_order_;
  std::vector<const v1::Val*> by_member_;  // unless they are in order
};

class ValTupleParts {
 public:
  ValTupleParts(const v1::TupleVal& tuple, Lowering& lowering)
      : tuple_(&tuple), lowering_(&lowering) {}
  ValSource Part(uint32_t index) const;

 private:
  const v1::TupleVal* tuple_;
  Lowering* lowering_;
};

// Key and value of a map's entry.
class ValEntryParts {
 public:
  ValEntryParts(const v1::EntryVal& entry, Lowering& lowering)
      : entry_(&entry), lowering_(&lowering) {}
  ValSource Part(uint32_t index) const {
    return ValSource(index == 0 ? entry_->key() : entry_->value(), *lowering_);
  }

 private:
  const v1::EntryVal* entry_;
  Lowering* lowering_;
};

// The items of a list in its plain or packed form, or the entries of a map.
class ValItems {
 public:
  ValItems(const v1::Val& val, uint32_t size, Lowering& lowering)
      : val_(&val), lowering_(&lowering), size_(size) {}

  uint32_t size() const { return size_; }
  Steps& steps() const { return lowering_->steps(); }
  ValSource Item(uint32_t index) const;
  ValEntryParts Entry(uint32_t index) const {
    return ValEntryParts(val_->map().entries(static_cast<int>(index)), *lowering_);
  }
  // One number of a list in plain form.
  template <typename T>
  T Number(uint32_t index) const {
    return Item(index).Number<T>();
  }
  // All numbers of a packed list, null for a plain one.
  template <typename T>
  auto Numbers() const {
    auto packed = ValNumber<T>::Packed(*val_);
    if (val_->kind_case() != ValNumber<T>::kPackedCase || packed.size != size_) {
      packed.data = nullptr;
    }
    return packed.data;
  }

 private:
  const v1::Val* val_;
  Lowering* lowering_;
  uint32_t size_;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_VALS_VAL_SOURCE_H_
