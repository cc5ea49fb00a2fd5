#ifndef DAVIT_RUNTIME_TYPES_TYPE_BUILDER_H_
#define DAVIT_RUNTIME_TYPES_TYPE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/types/type.h"

namespace davit::types {

// Makes a type and works out what is derived from its parts: its layout in memory, its flat form.
// Spec: CanonicalABI.md#alignment, #element-size, #flattening
class TypeBuilder {
 public:
  explicit TypeBuilder(Kind kind) : type_(new Type()) { type_->kind_ = kind; }

  TypeBuilder& Fields(std::vector<Field> fields) {
    type_->fields_ = std::move(fields);
    return *this;
  }
  TypeBuilder& Element(TypePtr element) {
    type_->fields_.push_back(Field{.name = {}, .type = std::move(element)});
    return *this;
  }
  TypeBuilder& Length(uint32_t length) {
    type_->length_ = length;
    return *this;
  }
  TypeBuilder& Resource(ResourceId resource) {
    type_->resource_ = resource;
    return *this;
  }
  TypeBuilder& Entry(TypePtr entry) {
    type_->entry_ = std::move(entry);
    return *this;
  }

  TypePtr Build() {
    Measure();
    LayOut();
    FlattenType();
    return std::move(type_);
  }

  // What a type occupies in a memory of some pointer size.
  struct Extent {
    uint64_t size = 0;
    uint64_t alignment = 1;
  };

 private:
  void Measure();
  void LayOut();
  void LayOutAs(Extent extent32, Extent extent64);
  void LayOutFixedList();
  void LayOutVariant();
  void FlattenType();
  void FlattenVariant();

  std::shared_ptr<Type> type_;
};

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_TYPE_BUILDER_H_
