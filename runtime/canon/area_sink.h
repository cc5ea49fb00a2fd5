#ifndef DAVIT_RUNTIME_CANON_AREA_SINK_H_
#define DAVIT_RUNTIME_CANON_AREA_SINK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/limits.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/passing.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/reservation.h"
#include "runtime/canon/strings.h"

// A sink of walk.h that stores nothing: it notes which areas a LowerSink would allocate for the
// same values, in the same order.
namespace davit::canon {

class AreaItems;
class AreaParts;

class AreaSink {
 public:
  // `areas` outlives this.
  AreaSink(Reservation& areas, StringEncoding encoding) : areas_(&areas), encoding_(encoding) {}

  // Whether nothing of this type needs an area, or nothing more is to be noted: the walk passes
  // over it. So it does not take the handles of a source.
  bool Skips(const Node& node) const { return !node.allocates || areas_->closed(); }

  template <typename T>
  void Number(T /*value*/) const {}
  void Bool(bool /*value*/) const {}
  void Char(uint32_t /*scalar_value*/) const {}
  void Flags(const Node& /*node*/, uint32_t /*bits*/) const {}
  // Only UTF-8 needs no transcoding, of which nobody knows the size before.
  absl::Status String(const Text& text) const {
    if (encoding_ != StringEncoding::kUtf8) {
      areas_->Close();
    } else {
      areas_->Add(1, text.byte_length());
    }
    return absl::OkStatus();
  }
  absl::StatusOr<AreaItems> List(const Node& node, uint32_t size) const;
  absl::StatusOr<AreaItems> Map(const Node& node, uint32_t size) const;
  absl::StatusOr<AreaItems> FixedList(const Node& node) const;
  AreaParts Record(const Node& node) const;
  AreaParts Tuple(const Node& node) const;
  AreaSink Choose(const Node& /*node*/, uint32_t /*index*/) const { return *this; }
  absl::Status Own(const Node& /*node*/, handles::Rep /*rep*/) const { return absl::OkStatus(); }
  absl::Status Borrow(const Node& /*node*/, handles::Rep /*rep*/) const { return absl::OkStatus(); }

 private:
  Reservation* areas_;
  StringEncoding encoding_;
};

class AreaParts {
 public:
  explicit AreaParts(const AreaSink& sink) : sink_(sink) {}
  AreaSink Part(size_t /*index*/) const { return sink_; }

 private:
  AreaSink sink_;
};

class AreaItems {
 public:
  explicit AreaItems(const AreaSink& sink) : sink_(sink) {}
  bool Skips(const Node& element) const { return sink_.Skips(element); }
  AreaSink Item(uint32_t /*index*/) const { return sink_; }
  AreaParts Entry(uint32_t /*index*/) const { return AreaParts(sink_); }
  template <typename T>
  T* Numbers() const {
    return nullptr;
  }

 private:
  AreaSink sink_;
};

inline AreaParts AreaSink::Record(const Node& /*node*/) const { return AreaParts(*this); }
inline AreaParts AreaSink::Tuple(const Node& /*node*/) const { return AreaParts(*this); }

inline absl::StatusOr<AreaItems> AreaSink::List(const Node& node, uint32_t size) const {
  const uint64_t bytes = uint64_t{size} * node.element->size;
  if (bytes > base::kMaxListByteLength) {
    areas_->Close();  // The lowering traps here.
  } else {
    areas_->Add(node.element->alignment, bytes);
  }
  return AreaItems(*this);
}
inline absl::StatusOr<AreaItems> AreaSink::Map(const Node& node, uint32_t size) const {
  return List(node, size);
}
inline absl::StatusOr<AreaItems> AreaSink::FixedList(const Node& /*node*/) const {
  return AreaItems(*this);
}

// Notes the areas of parameters; `walk` is called as by PassParams.
template <typename WalkTo>
absl::Status ReserveParams(const FuncPlan& plan, StringEncoding encoding, Reservation& areas,
                           WalkTo walk) {
  if (!plan.params_are_flat()) areas.Add(plan.params().alignment, plan.params().size);
  if (!plan.params().allocates) return absl::OkStatus();
  return walk(AreaSink(areas, encoding));
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_AREA_SINK_H_
