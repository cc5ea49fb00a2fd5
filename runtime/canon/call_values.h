#ifndef DAVIT_RUNTIME_CANON_CALL_VALUES_H_
#define DAVIT_RUNTIME_CANON_CALL_VALUES_H_

#include <span>

#include "absl/status/status.h"
#include "runtime/base/core_slot.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/reservation.h"

namespace davit::canon {

// The values of one call of a lifted function, in whatever form its caller has them: where the
// arguments come from, and where the result goes. Asked in the order of the functions here, each
// once, but for Lower, which is asked again when a realloc of the reservation has failed.
class CallValues {
 public:
  virtual ~CallValues() = default;
  // Notes the areas that Lower is going to want, as far as they are known before; none is as good.
  virtual absl::Status Reserve(StringEncoding encoding, Reservation& areas) = 0;
  // Writes the core params, one slot each.
  virtual absl::Status Lower(CallContext& callee, std::span<CoreSlot> slots) = 0;
  // Reads the core results.
  virtual absl::Status Lift(CallContext& callee, std::span<const CoreSlot> slots) = 0;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_CALL_VALUES_H_
