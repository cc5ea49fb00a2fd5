#ifndef DAVIT_RUNTIME_CANON_VALS_VAL_SINK_H_
#define DAVIT_RUNTIME_CANON_VALS_VAL_SINK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "davit/v1/val.pb.h"
#include "runtime/canon/lifting.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/strings.h"
#include "runtime/canon/vals/val_numbers.h"

// Vals as a sink of walk.h. All that a guest can make large is charged to the copy budget of the
// lifting before it is allocated: strings by their bytes, lists by Node::host_cost of the items.
namespace davit::canon {

class ValItemsOut;
class ValPartsOut;

// An empty Val that is to become a value.
class ValSink {
 public:
  // Both outlive this; `val` may be null where the walk writes nothing.
  ValSink(v1::Val* val, Lifting& lifting) : val_(val), lifting_(&lifting) {}

  template <typename T>
  void Number(T value) const {
    ValNumber<T>::Set(*val_, value);
  }
  void Bool(bool value) const { val_->set_bool_(value); }
  void Char(uint32_t scalar_value) const { val_->set_char_(scalar_value); }
  absl::Status String(const Text& text) const {
    return AssignUtf8(*lifting_, text, *val_->mutable_string());
  }
  void Flags(const Node& node, uint32_t bits) const;
  absl::StatusOr<ValItemsOut> List(const Node& node, uint32_t size) const;
  absl::StatusOr<ValItemsOut> Map(const Node& node, uint32_t size) const;
  absl::StatusOr<ValItemsOut> FixedList(const Node& node) const;
  ValPartsOut Record(const Node& node) const;
  ValPartsOut Tuple(const Node& node) const;
  ValSink Choose(const Node& node, uint32_t index) const;
  // Errors: those of HostHandles.
  absl::Status Own(const Node& node, handles::Rep rep) const;
  absl::Status Borrow(const Node& node, handles::Rep rep) const;

 private:
  v1::Val* ChooseCase(const Node& node, uint32_t index) const;

  v1::Val* val_;
  Lifting* lifting_;
};

// The parts of a record, a tuple or an entry of a map. To be asked for in order, once each.
class ValPartsOut {
 public:
  ValPartsOut(v1::RecordVal* record, const Node& node, Lifting& lifting)
      : record_(record), node_(&node), lifting_(&lifting) {}
  ValPartsOut(v1::TupleVal* tuple, Lifting& lifting) : tuple_(tuple), lifting_(&lifting) {}
  ValPartsOut(v1::EntryVal* entry, Lifting& lifting) : entry_(entry), lifting_(&lifting) {}

  ValSink Part(uint32_t index) const {
    if (record_ != nullptr) {
      v1::FieldVal* field = record_->add_fields();
      const std::string_view name = node_->members[index].name;
      field->mutable_name()->assign(name);
      return ValSink(field->mutable_value(), *lifting_);
    }
    if (tuple_ != nullptr) return ValSink(tuple_->add_items(), *lifting_);
    return ValSink(index == 0 ? entry_->mutable_key() : entry_->mutable_value(), *lifting_);
  }

 private:
  v1::RecordVal* record_ = nullptr;
  v1::TupleVal* tuple_ = nullptr;
  v1::EntryVal* entry_ = nullptr;
  const Node* node_ = nullptr;
  Lifting* lifting_;
};

// The items of a list or the entries of a map. To be asked for in order, once each.
class ValItemsOut {
 public:
  ValItemsOut(v1::Val* val, uint32_t size, Lifting& lifting)
      : val_(val), size_(size), lifting_(&lifting) {}

  ValSink Item(uint32_t /*index*/) const {
    return ValSink(val_->mutable_list()->add_items(), *lifting_);
  }
  ValPartsOut Entry(uint32_t /*index*/) const {
    return ValPartsOut(val_->mutable_map()->add_entries(), *lifting_);
  }
  // Room for all numbers of a packed list.
  template <typename T>
  auto* Numbers() const {
    return ValNumber<T>::MakePacked(*val_, size_);
  }

 private:
  v1::Val* val_;
  uint32_t size_;
  Lifting* lifting_;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_VALS_VAL_SINK_H_
