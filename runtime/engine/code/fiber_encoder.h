#ifndef DAVIT_RUNTIME_ENGINE_CODE_FIBER_ENCODER_H_
#define DAVIT_RUNTIME_ENGINE_CODE_FIBER_ENCODER_H_

#include <string>
#include <string_view>

// The core module at the bottom of every fiber of a cell, and the one way out of it. Its imports
// have the names of those of shims, and "suspend" beside them, which leaves the stack. In text:
//
//   (import "davit" "scratch" (memory PAGES PAGES))
//   (import "davit" "table" (table 0 funcref))
//   (import "davit" "job" (func $job (result i32)))
//   (import "davit" "suspend" (func $suspend))
//   (func (export "park") (call $suspend))        ;; for shims: V8 links a wasm function at no cost
//   (func (export "main") (local $op i32)
//     (local.set $op (call $job))
//     (loop $again
//       (if (i32.eq (local.get $op) (i32.const 1))
//         (then (call_indirect (i32.load offset=28 (i32.const 0)))   ;; the series of some shims
//               (local.set $op (call $job))
//               (br $again)))
//       (if (i32.eq (local.get $op) (i32.const 2))
//         (then (call $suspend)
//               (local.set $op (call $job))
//               (br $again)))))
//
// A fiber without a job waits in main for the next one: to begin on a new stack costs three times
// as much. Here as in shims C++ is called as soon as the stack is entered again: until then V8 has
// nowhere to end it.
namespace davit::engine {

inline constexpr std::string_view kFiberJob = "job";
inline constexpr std::string_view kFiberSuspend = "suspend";
inline constexpr std::string_view kFiberPark = "park";
inline constexpr std::string_view kFiberMain = "main";

std::string EncodeFiberModule();

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_FIBER_ENCODER_H_
