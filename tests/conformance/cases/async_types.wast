;; What of asynchronous components can be had without running any: streams and futures of each other are types, borrows
;; in them are not; a task has two slots of storage; the backpressure counter stays below 2^16 and above -1.
(component definition
  (type $f (future u8))
  (type $ff (future $f))
  (type $fff (future (option $ff)))
  (type $s (stream string))
  (type $fs (future $s))
  (type $e (future))
  (type $se (stream $e))
  (type $fse (future $se))
  (type $sf (stream $fse))
  (type (record (field "f" $ff) (field "s" $sf)))
  (import "f" (func (param "a" $ff) (param "b" (list $fs)) (result (tuple $fff $sf))))
  (import "g" (func $g async (param "a" $ff) (result $sf)))
  (core module $libc
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
  ;; Handles: one core value each.
  (core func $g (canon lower (func $g)))
  (core func $new (canon future.new $ff))
  (core func $read (canon future.read $ff async (memory $memory)))
  (core func $write (canon future.write $ff async (memory $memory)))
  (core func $read-stream (canon stream.read $sf async (memory $memory)))
  (core module $m
    (import "" "g" (func (param i32) (result i32)))
    (import "" "new" (func (result i64)))
    (import "" "read" (func (param i32 i32) (result i32)))
    (import "" "write" (func (param i32 i32) (result i32)))
    (import "" "read-stream" (func (param i32 i32 i32) (result i32)))
    (func (export "f") (param i32) (result i32) unreachable))
  (core instance $i (instantiate $m (with "" (instance
    (export "g" (func $g)) (export "new" (func $new)) (export "read" (func $read)) (export "write" (func $write))
    (export "read-stream" (func $read-stream))))))
  (func (export "f") (param "a" $ff) (result $sf) (canon lift (core func $i "f"))))
(assert_invalid
  (component (type $r (resource (rep i32))) (type (future (borrow $r))))
  "borrow")
(assert_invalid
  (component (type $r (resource (rep i32))) (type (stream (list (tuple u8 (borrow $r))))))
  "borrow")
(assert_invalid
  (component (type $r (resource (rep i32))) (type $b (option (borrow $r))) (type $f (future $b)) (type (future $f)))
  "borrow")
(assert_invalid (component (type $f (future u8)) (core func (canon stream.new $f))) "stream")
(assert_invalid (component (type $s (stream u8)) (core func (canon future.new $s))) "future")
;; A string is read into memory that has to be allocated.
(assert_invalid
  (component
    (core module $m (memory (export "memory") 1))
    (core instance $i (instantiate $m))
    (type $f (future string))
    (core func (canon future.read $f async (memory (core memory $i "memory")))))
  "realloc")

;; Two slots, each with its own value, 0 at first; of a task they are, and not of the instance.
(component
  (core func $get0 (canon context.get i32 0))
  (core func $set0 (canon context.set i32 0))
  (core func $get1 (canon context.get i32 1))
  (core func $set1 (canon context.set i32 1))
  (core module $m
    (import "" "get0" (func $get0 (result i32)))
    (import "" "set0" (func $set0 (param i32)))
    (import "" "get1" (func $get1 (result i32)))
    (import "" "set1" (func $set1 (param i32)))
    (func (export "f") (param i32 i32) (result i32)
      (if (i32.or (call $get0) (call $get1)) (then unreachable))
      (call $set0 (local.get 0))
      (call $set1 (local.get 1))
      (i32.sub (call $get0) (call $get1))))
  (core instance $i (instantiate $m (with "" (instance
    (export "get0" (func $get0)) (export "set0" (func $set0)) (export "get1" (func $get1)) (export "set1" (func $set1))))))
  (func (export "f") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "f"))))
(assert_return (invoke "f" (u32.const 9) (u32.const 4)) (u32.const 5))
(assert_return (invoke "f" (u32.const 0xffffffff) (u32.const 1)) (u32.const 0xfffffffe))
(assert_invalid (component (core func (canon context.get i32 2))) "context slot")
(assert_invalid (component (core func (canon context.set i32 2))) "context slot")

(component definition $Backpressure
  (core func $inc (canon backpressure.inc))
  (core func $dec (canon backpressure.dec))
  (core module $m
    (import "" "inc" (func $inc))
    (import "" "dec" (func $dec))
    (func (export "inc") (param $times i32)
      (loop $again
        (call $inc)
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $again (local.get $times))))
    (func (export "dec") (param $times i32)
      (loop $again
        (call $dec)
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br_if $again (local.get $times)))))
  (core instance $i (instantiate $m (with "" (instance (export "inc" (func $inc)) (export "dec" (func $dec))))))
  (func (export "inc") (param "times" u32) (canon lift (core func $i "inc")))
  (func (export "dec") (param "times" u32) (canon lift (core func $i "dec"))))
(component instance $i $Backpressure)
(assert_return (invoke "inc" (u32.const 65535)))
(assert_return (invoke "dec" (u32.const 1)))
(assert_return (invoke "inc" (u32.const 1)))
(assert_trap (invoke "inc" (u32.const 1)) "backpressure counter overflow")
(component instance $i $Backpressure)
(assert_trap (invoke "inc" (u32.const 65536)) "backpressure counter overflow")
(component instance $i $Backpressure)
(assert_return (invoke "inc" (u32.const 65535)))
(assert_return (invoke "dec" (u32.const 65535)))
(assert_trap (invoke "dec" (u32.const 1)) "backpressure counter")
(component instance $i $Backpressure)
(assert_trap (invoke "dec" (u32.const 1)) "backpressure counter")
