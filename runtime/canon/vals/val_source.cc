#include "runtime/canon/vals/val_source.h"

#include "runtime/base/status_macros.h"
#include "runtime/canon/walk.h"

namespace davit::canon {
namespace {

using types::Kind;

bool AreInOrder(const v1::RecordVal& record, const Node& node) {
  if (static_cast<size_t>(record.fields_size()) != node.members.size()) return false;
  for (int i = 0; i < record.fields_size(); ++i) {
    if (record.fields(i).name() != node.members[i].name) return false;
  }
  return true;
}

uint64_t ListSize(const v1::Val& val, const Node& element) {
  if (val.has_list()) return val.list().items_size();
  if (!types::IsFixedWidthNumber(element.kind)) return 0;
  return VisitNumber(element.kind, [&]<typename T>(std::type_identity<T>) {
    using Cases = ValNumber<T>;
    return val.kind_case() == Cases::kPackedCase ? Cases::Packed(val).size : 0;
  });
}

const v1::Val& ResultPayload(const v1::ResultVal& result) {
  return result.has_err() ? result.err().value() : result.ok().value();
}

}  // namespace

absl::Status CheckHostHandles(const CallContext& context) {
  if (context.host_handles == nullptr) {
    return absl::InternalError("a call that passes handles has no host handles");
  }
  return CheckHandles(context);
}

uint32_t ValSource::Flags(const Node& node) const {
  uint32_t bits = 0;
  const auto& labels = val_->flags().labels();
  for (int i = 0; i < labels.size(); ++i) {
    if (const auto bit = FindMember(node, labels[i], i)) bits |= uint32_t{1} << *bit;
  }
  return bits;
}

absl::StatusOr<ValItems> ValSource::List(const Node& node) const {
  return ValItems(*val_, static_cast<uint32_t>(ListSize(*val_, *node.element)), *lowering_);
}

absl::StatusOr<ValItems> ValSource::Map(const Node& /*node*/) const {
  return ValItems(*val_, static_cast<uint32_t>(val_->map().entries_size()), *lowering_);
}

ValItems ValSource::FixedList(const Node& node) const {
  return ValItems(*val_, node.length, *lowering_);
}

ValRecordParts ValSource::Record(const Node& node) const {
  return ValRecordParts(val_->record(), node, *lowering_);
}

ValTupleParts ValSource::Tuple(const Node& /*node*/) const {
  return ValTupleParts(val_->tuple(), *lowering_);
}

absl::StatusOr<Choice<ValSource>> ValSource::Choose(const Node& node) const {
  switch (node.kind) {
    case Kind::kOption:
      return Chosen(val_->option().has_some() ? 1 : 0, val_->option().some());
    case Kind::kResult:
      return Chosen(val_->result().has_err() ? 1 : 0, ResultPayload(val_->result()));
    case Kind::kEnum:
      return Chosen(FindMember(node, val_->enum_(), 0).value_or(0), *val_);
    default:
      return Chosen(FindMember(node, val_->variant().case_(), 0).value_or(0),
                    val_->variant().payload());
  }
}

absl::StatusOr<handles::Rep> ValSource::Own(const Node& node) const {
  CallContext& context = lowering_->context();
  DAVIT_RETURN_IF_ERROR(CheckHostHandles(context));
  return context.host_handles->TakeOwn(node.resource, val_->own());
}

absl::StatusOr<handles::Rep> ValSource::Borrow(const Node& node) const {
  CallContext& context = lowering_->context();
  DAVIT_RETURN_IF_ERROR(CheckHostHandles(context));
  return context.host_handles->LendBorrow(node.resource, val_->borrow(), *context.scope);
}

ValRecordParts::ValRecordParts(const v1::RecordVal& record, const Node& node, Lowering& lowering)
    : record_(&record), lowering_(&lowering), in_order_(AreInOrder(record, node)) {
  if (in_order_) return;
  by_member_.assign(node.members.size(), &v1::Val::default_instance());
  for (int i = 0; i < record.fields_size(); ++i) {
    const v1::FieldVal& field = record.fields(i);
    if (const auto member = FindMember(node, field.name(), i)) by_member_[*member] = &field.value();
  }
}

ValSource ValTupleParts::Part(uint32_t index) const {
  const bool present = index < static_cast<uint32_t>(tuple_->items_size());
  return ValSource(present ? tuple_->items(static_cast<int>(index)) : v1::Val::default_instance(),
                   *lowering_);
}

ValSource ValItems::Item(uint32_t index) const {
  const bool present = index < static_cast<uint32_t>(val_->list().items_size());
  return ValSource(
      present ? val_->list().items(static_cast<int>(index)) : v1::Val::default_instance(),
      *lowering_);
}

}  // namespace davit::canon
