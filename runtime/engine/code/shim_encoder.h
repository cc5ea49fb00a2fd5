#ifndef DAVIT_RUNTIME_ENGINE_CODE_SHIM_ENCODER_H_
#define DAVIT_RUNTIME_ENGINE_CODE_SHIM_ENCODER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/engine/options.h"

// The core module that carries calls between C++ and guests. Values cross in a scratch memory, one
// 8-byte slot each, because passing them as JS values costs up to 20 ns and a heap allocation per
// value. In text, for an entry (param i32 f64) (result i64) and a host import (param i64):
//
//   (import "davit" "scratch" (memory PAGES PAGES))
//   (import "davit" "table" (table 0 funcref))
//   (import "davit" "host" (func $host (param $index i32) (param $frame i32) (result i32)))
//   (import "davit" "next" (func $next (result i32)))
//   (import "davit" "thrown" (func $thrown))
//   (import "davit" "park" (func $park))                 ;; fiber_encoder.h
//   (func (export "e0") (local $frame i32) (local $r i64)
//     (local.set $frame (i32.load offset=8 (i32.const 0)))
//     (local.set $r (call_indirect (type 0) (i32.load (local.get $frame))
//                     (f64.load offset=8 (local.get $frame)) (i32.load offset=4 (i32.const 0))))
//     (i64.store (local.get $frame) (local.get $r)))
//   (func (export "i0") (param $p i64) (local $frame i32) (local $op i32)
//     (local.set $frame (i32.load (i32.const 0)))
//     (i64.store (local.get $frame) (local.get $p))
//     (if (local.tee $op (call $host (i32.const 0) (local.get $frame)))
//       (then (call $drive (local.get $op)))))
//
// The word at scratch address 0 is the address of the first free frame. Those at 4 and 8 tell an
// entry whom to call, by slot of the table, and where its frame is: not even these are JS values.
//
// One entry of V8 costs as much as some twenty calls between wasm functions, and C++ that stays on
// the stack while guests run cannot be left in the middle. So C++ answers with a ShimOp, and what
// is to be called then is called from here: the words at 12 to 24 tell which entry to run, how
// often, how far apart the frames are, and whether C++ is to be asked for more afterwards:
//
//   (table $entries funcref (elem ...))                  ;; every entry
//   (func (export "series") (local $op i32) (local $entry i32) ...)   ;; entered by C++
//     (local.set $op (i32.const 1))
//     (block $done (loop $again
//       (if (i32.eq (local.get $op) (i32.const 1))
//         (then
//           ;; the locals are set from the words: guests may call back, which changes the words
//           (loop $repeat
//             (i32.store offset=4 (i32.const 0) (local.get $callee))
//             (i32.store offset=8 (i32.const 0) (local.get $frame))
//             (call_indirect $entries (local.get $entry))
//             (local.set $frame (i32.add (local.get $frame) (local.get $stride)))
//             (br_if $repeat (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
//           (br_if $done (local.get $last)))
//         (else
//           (if (i32.ne (local.get $op) (i32.const 2)) (then unreachable))
//           (call $park)))
//       (br_if $again (local.tee $op (call $next))))))
//   (func $drive (param $op i32) (local $entry i32) ...)   ;; within a call of a host import
//     (loop $again
//       (if (i32.eq (local.get $op) (i32.const 1))
//         (then
//           (block $returned
//             (block $caught
//               (try_table (catch_all $caught)
//                 ;; the locals, and $repeat as above
//               )
//               (br $returned))
//             (call $thrown)
//             unreachable))
//         (else
//           (if (i32.ne (local.get $op) (i32.const 2)) (then unreachable))
//           (call $park)))
//       (br_if $again (local.tee $op (call $next)))))
//
// No guest catches what another one has thrown: that is a trap. C++ alone changes the words, but
// for those that are repeated.
namespace davit::engine {

inline constexpr std::string_view kShimImportModule = "davit";
inline constexpr std::string_view kShimScratch = "scratch";
inline constexpr std::string_view kShimTable = "table";
inline constexpr std::string_view kShimHost = "host";
inline constexpr std::string_view kShimNext = "next";
inline constexpr std::string_view kShimThrown = "thrown";
inline constexpr std::string_view kShimPark = "park";

// What C++ answers to "host" and "next".
enum class ShimOp : uint8_t {
  kDone = 0,  // the guest goes on, or what was entered ends
  kCall = 1,  // what the words say
  kPark = 2,  // the stack is left as it is, until C++ enters it again
  kTrap = 3,
};

// The second half is for frames of guests on fibers.
inline constexpr uint32_t kScratchPages = 8;
// Scratch addresses of the words that shims read.
inline constexpr uint32_t kTopAddress = 0;
inline constexpr uint32_t kCalleeAddress = 4;
inline constexpr uint32_t kFrameAddress = 8;
inline constexpr uint32_t kEntryAddress = 12;
inline constexpr uint32_t kCountAddress = 16;
inline constexpr uint32_t kStrideAddress = 20;
inline constexpr uint32_t kLastAddress = 24;
inline constexpr uint32_t kSeriesAddress = 28;
// The most params or results that a signature may have: what a frame must have room for.
inline constexpr uint32_t kMaxShimValues = 1'000;
// Functions of one shim module, V8's own limit less some.
inline constexpr uint32_t kMaxShims = 500'000;

// Names of the exports for ShimSpec::entries[i] and ShimSpec::host_imports[i].
std::string EntryShimName(uint32_t i);
std::string HostShimName(uint32_t i);
inline constexpr std::string_view kSeriesName = "series";

// Errors: INVALID_ARGUMENT when a signature has more than kMaxShimValues params or results, or
// there are more than kMaxShims.
absl::StatusOr<std::string> EncodeShims(const ShimSpec& spec);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_SHIM_ENCODER_H_
