#include "runtime/canon/vals/val_sink.h"

#include "runtime/base/status_macros.h"
#include "runtime/canon/vals/val_source.h"
#include "runtime/canon/walk.h"

namespace davit::canon {
namespace {

using types::Kind;

// Bytes of host memory of one item of a list, with what a packed list takes.
uint64_t ItemCost(const Node& element) {
  if (!types::IsFixedWidthNumber(element.kind)) return element.host_cost;
  return VisitNumber(element.kind, []<typename T>(std::type_identity<T>) -> uint64_t {
    return sizeof(*ValNumber<T>::Packed(v1::Val::default_instance()).data);
  });
}

void Reserve(v1::Val& val, const Node& element, uint32_t size) {
  if (types::IsFixedWidthNumber(element.kind)) return;  // a packed list, which its numbers make
  val.mutable_list()->mutable_items()->Reserve(static_cast<int>(size));
}

template <typename String>
void Assign(String* to, std::string_view name) {
  to->assign(name.data(), name.size());
}

}  // namespace

void ValSink::Flags(const Node& node, uint32_t bits) const {
  v1::FlagsVal* flags = val_->mutable_flags();
  for (size_t i = 0; i < node.members.size(); ++i) {
    if (bits >> i & 1) Assign(flags->add_labels(), node.members[i].name);
  }
}

absl::StatusOr<ValItemsOut> ValSink::List(const Node& node, uint32_t size) const {
  DAVIT_RETURN_IF_ERROR(lifting_->Charge(size * ItemCost(*node.element)));
  Reserve(*val_, *node.element, size);
  return ValItemsOut(val_, size, *lifting_);
}

absl::StatusOr<ValItemsOut> ValSink::Map(const Node& node, uint32_t size) const {
  DAVIT_RETURN_IF_ERROR(lifting_->Charge(size * node.element->host_cost));
  val_->mutable_map()->mutable_entries()->Reserve(static_cast<int>(size));
  return ValItemsOut(val_, size, *lifting_);
}

absl::StatusOr<ValItemsOut> ValSink::FixedList(const Node& node) const {
  Reserve(*val_, *node.element, node.length);  // charged with the value that holds it
  return ValItemsOut(val_, node.length, *lifting_);
}

ValPartsOut ValSink::Record(const Node& node) const {
  v1::RecordVal* record = val_->mutable_record();
  record->mutable_fields()->Reserve(static_cast<int>(node.members.size()));
  return ValPartsOut(record, node, *lifting_);
}

ValPartsOut ValSink::Tuple(const Node& node) const {
  v1::TupleVal* tuple = val_->mutable_tuple();
  tuple->mutable_items()->Reserve(static_cast<int>(node.members.size()));
  return ValPartsOut(tuple, *lifting_);
}

ValSink ValSink::Choose(const Node& node, uint32_t index) const {
  return ValSink(ChooseCase(node, index), *lifting_);
}

// Sets the case and returns the Val of its payload, null where it has none.
v1::Val* ValSink::ChooseCase(const Node& node, uint32_t index) const {
  const Member& chosen = node.members[index];
  const bool has_payload = chosen.node != nullptr;
  if (node.kind == Kind::kEnum) {
    Assign(val_->mutable_enum_(), chosen.name);
    return nullptr;
  }
  if (node.kind == Kind::kOption) {
    v1::OptionVal* option = val_->mutable_option();
    return has_payload ? option->mutable_some() : nullptr;
  }
  if (node.kind == Kind::kResult) {
    v1::ResultVal* result = val_->mutable_result();
    v1::ResultVal::Payload* side = index == 0 ? result->mutable_ok() : result->mutable_err();
    return has_payload ? side->mutable_value() : nullptr;
  }
  v1::VariantVal* variant = val_->mutable_variant();
  Assign(variant->mutable_case_(), chosen.name);
  return has_payload ? variant->mutable_payload() : nullptr;
}

absl::Status ValSink::Own(const Node& node, handles::Rep rep) const {
  CallContext& context = lifting_->context();
  DAVIT_RETURN_IF_ERROR(CheckHostHandles(context));
  DAVIT_ASSIGN_OR_RETURN(*val_->mutable_own(), context.host_handles->AddOwn(node.resource, rep));
  return absl::OkStatus();
}

absl::Status ValSink::Borrow(const Node& node, handles::Rep rep) const {
  CallContext& context = lifting_->context();
  DAVIT_RETURN_IF_ERROR(CheckHostHandles(context));
  DAVIT_ASSIGN_OR_RETURN(*val_->mutable_borrow(),
                         context.host_handles->AddBorrow(node.resource, rep, *context.scope));
  return absl::OkStatus();
}

}  // namespace davit::canon
