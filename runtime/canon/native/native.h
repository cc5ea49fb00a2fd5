#ifndef DAVIT_RUNTIME_CANON_NATIVE_NATIVE_H_
#define DAVIT_RUNTIME_CANON_NATIVE_NATIVE_H_

#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/area_sink.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/native/native_traits.h"
#include "runtime/canon/native/native_value.h"
#include "runtime/canon/native/native_variant.h"
#include "runtime/canon/native/resource_tags.h"
#include "runtime/canon/passing.h"

// Lifting and lowering of C++ values, for typed calls and host functions: as fast as code written
// for one signature, since the shape of the values is known when it is compiled.
//
//   WIT                      C++
//   bool, s8..u64, f32, f64  bool, int8_t..uint64_t, float, double
//   char, string             char32_t, std::string (std::string_view for lowering)
//   list<T>                  std::vector<T>, std::span<const T>
//   map<K, V>                std::vector<std::pair<K, V>>
//   tuple<...>, option<T>    std::tuple<...>, std::optional<T>
//   result<T, E>             Result<T, E>
//   variant                  std::variant of the payloads, std::monostate where there is none; or
//                            a type with VariantTraits
//   record, enum, flags      a type with RecordTraits, EnumTraits or FlagsTraits
//   own<R>, borrow<R>        Own<T>, Borrow<T> where the host has defined R with T; OwnRep,
//                            BorrowRep for any R
//
// A std::span that was lifted views the guest's memory and must not be used after guest code has
// run; only lists of numbers can be lifted so.
namespace davit::canon {

// INVALID_ARGUMENT unless values of T are values of `type`. To be asked once, when a function is
// looked up: everything below REQUIRES it. Without `tags` no Own or Borrow does.
template <typename T>
absl::Status MatchesType(const types::Type& type, const ResourceTags* tags = nullptr) {
  return native::Native<T>::Match(type, tags);
}

// The same for the result (void for none) and the parameters of a function.
template <typename R, typename... Args>
absl::Status MatchesFunc(const types::FuncType& type, const ResourceTags* tags = nullptr) {
  std::vector<types::Field> params;
  params.reserve(type.params.size());
  for (const types::Param& param : type.params) params.push_back({param.name, param.type});
  DAVIT_RETURN_IF_ERROR(native::MatchFields<std::tuple<Args...>>::Of(params, tags));
  return native::MatchPart<R>(type.result, tags);
}

namespace native {

// INVALID_ARGUMENT with the path of the first value that must not be lowered.
template <typename... T>
absl::Status CheckValues(std::string_view what, const T&... values) {
  absl::Status status;
  int i = 0;
  [[maybe_unused]] const auto check = [&]<typename U>(const U& value) {
    if constexpr (Native<U>::kChecked) {
      if (const absl::Status checked = Native<U>::Check(value); !checked.ok()) {
        status = base::ArgumentError(absl::StrCat(what, "[", i, "]"), checked.message());
      }
    }
    ++i;
    return status.ok();
  };
  static_cast<void>((check(values) && ...));
  return status;
}

inline absl::Status CheckCount(size_t have, size_t want) {
  if (have == want) [[likely]] {
    return absl::OkStatus();
  }
  return absl::InternalError("the C++ types were not matched");
}

template <typename R>
struct LiftedResult {
  using Type = absl::StatusOr<R>;
};
template <>
struct LiftedResult<void> {
  using Type = absl::Status;
};

}  // namespace native

// -- The host calls an export. --

// ArgumentError for a value that must not be passed: a string that is not UTF-8, say.
template <typename... Args>
absl::Status CheckNative(const Args&... args) {
  return native::CheckValues("args", args...);
}

// As ReserveParams. REQUIRES: CheckNative passed.
template <typename... Args>
absl::Status ReserveNative(const FuncPlan& plan, StringEncoding encoding, Reservation& areas,
                           const Args&... args) {
  DAVIT_RETURN_IF_ERROR(native::CheckCount(plan.params().members.size(), sizeof...(Args)));
  return ReserveParams(plan, encoding, areas, [&](const AreaSink& sink) {
    return native::LowerEach(plan.params(), sink.Tuple(plan.params()), std::tie(args...));
  });
}

// Lowers the arguments; as LowerParams otherwise. REQUIRES: CheckNative passed.
template <typename... Args>
absl::Status LowerNative(const FuncPlan& plan, CallContext& context, std::span<CoreSlot> slots,
                         const Args&... args) {
  DAVIT_RETURN_IF_ERROR(native::CheckCount(plan.params().members.size(), sizeof...(Args)));
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lift_signature().params.size()));
  if constexpr (sizeof...(Args) > 0) {
    Lowering lowering(context, plan.params_memory());
    return PassParams(plan, lowering, slots, [&](auto sink) {
      return native::LowerEach(plan.params(), sink.Tuple(plan.params()), std::tie(args...));
    });
  }
  return absl::OkStatus();
}

// Lifts the result: absl::StatusOr<R>, or absl::Status where R is void. As LiftResult otherwise.
template <typename R>
typename native::LiftedResult<R>::Type LiftNative(const FuncPlan& plan, CallContext& context,
                                                  std::span<const CoreSlot> slots) {
  if constexpr (std::is_void_v<R>) {
    return native::CheckCount(plan.result() == nullptr ? 0 : 1, 0);
  } else {
    DAVIT_RETURN_IF_ERROR(native::CheckCount(plan.result() == nullptr ? 0 : 1, 1));
    DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lift_signature().results.size()));
    Lifting lifting(context, plan.result_memory());
    R result{};
    DAVIT_RETURN_IF_ERROR(TakeResult(plan, lifting, slots, [&](auto source) {
      return native::Native<R>::Lift(*plan.result(), source, result);
    }));
    return result;
  }
}

// -- A guest calls a host function. --

// Lifts the arguments; as LiftParams otherwise.
template <typename... Args>
absl::StatusOr<std::tuple<Args...>> LiftNativeParams(const FuncPlan& plan, CallContext& context,
                                                     std::span<const CoreSlot> slots) {
  DAVIT_RETURN_IF_ERROR(native::CheckCount(plan.params().members.size(), sizeof...(Args)));
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lower_signature().params.size()));
  std::tuple<Args...> args;
  if constexpr (sizeof...(Args) > 0) {
    Lifting lifting(context, plan.params_memory());
    DAVIT_RETURN_IF_ERROR(TakeParams(plan, lifting, slots, [&](auto source) {
      return native::LiftEach(plan.params(), source.Tuple(plan.params()), args);
    }));
  }
  return args;
}

// Lowers the result into the slots that held the params; as LowerResult otherwise.
template <typename R>
absl::Status LowerNativeResult(const FuncPlan& plan, CallContext& context,
                               std::span<CoreSlot> slots, const R& result) {
  DAVIT_RETURN_IF_ERROR(native::CheckCount(plan.result() == nullptr ? 0 : 1, 1));
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lower_slots()));
  DAVIT_RETURN_IF_ERROR(native::CheckValues("results", result));
  Lowering lowering(context, plan.result_memory());
  return PassResult(plan, lowering, slots, [&](auto sink) {
    return native::Native<R>::Lower(*plan.result(), result, sink);
  });
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_NATIVE_NATIVE_H_
