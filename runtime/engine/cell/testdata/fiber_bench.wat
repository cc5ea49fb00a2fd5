;; What is entered, and the loops around it. The words of the memory are what C++ and drivers tell each other: at 12
;; the entry of $entries that a driver calls, at 16 the frame of an import.
(module $fiber_bench
  (import "host" "park" (func $park (result i32)))
  ;; With a loop's number: what to do next. 0 end, 1 call, 2 park.
  (import "host" "call" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $none (func))
  (type $add (func (param i32 i32) (result i32)))
  (table $entries 3 3 funcref)
  (elem (i32.const 0) func $nothing $parks $nested)
  (table $slots (export "slots") 1 1 funcref)
  (elem (table $slots) (i32.const 0) func $sum)

  (func $nothing (export "nothing")
    (i32.store offset=64 (i32.const 0)
      (i32.add (i32.load offset=56 (i32.const 0)) (i32.load offset=60 (i32.const 0)))))
  (func $parks (drop (call $park)) (call $nothing))
  (func (export "plain") (param i32) (call $nothing))
  (func (export "plain_parks") (param i32) (call $parks))

  ;; As many steps as the host says.
  (func (export "series") (param i32)
    (loop $again
      (call_indirect $entries (type $none) (i32.load offset=12 (i32.const 0)))
      (br_if $again (i32.eq (call $next (i32.const 0)) (i32.const 1)))))
  ;; A fiber's driver: parked while it has no job.
  (func (export "driver") (param i32)
    (local $op i32)
    (loop $again
      (local.set $op (call $next (i32.const 1)))
      (if (i32.eq (local.get $op) (i32.const 1))
        (then
          (call_indirect $entries (type $none) (i32.load offset=12 (i32.const 0)))
          (br $again)))
      (if (i32.eq (local.get $op) (i32.const 2))
        (then (drop (call $park)) (br $again)))))
  (func (export "park_loop") (param $times i32)
    (loop $again
      (drop (call $park))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  ;; Parked with so many frames, until it is resumed with anything but 0.
  (func $deep (export "deep") (param $depth i32)
    (if (local.get $depth)
      (then (call $deep (i32.sub (local.get $depth) (i32.const 1))))
      (else (loop $again (br_if $again (i32.eqz (call $park)))))))

  ;; One call between two components: the callee, its entry and three shims. In each the host gets the frame.
  (func $sum (type $add) (i32.add (local.get 0) (local.get 1)))
  (func $nested (export "nested")
    (i64.store offset=144 (i32.const 0)
      (i64.extend_i32_u
        (call_indirect $slots (type $add)
          (i32.load offset=128 (i32.const 0)) (i32.load offset=136 (i32.const 0))
          (i32.load offset=20 (i32.const 0))))))
  (func $store (param i32 i32)
    (i64.store offset=96 (i32.const 0) (i64.extend_i32_u (local.get 0)))
    (i64.store offset=104 (i32.const 0) (i64.extend_i32_u (local.get 1))))
  (func $shim (param $a i32) (param $b i32) (param $number i32) (result i32)
    (call $store (local.get $a) (local.get $b))
    (if (call $next (local.get $number)) (then unreachable))
    (i32.load offset=96 (i32.const 0)))
  (func $driven_shim (param $a i32) (param $b i32) (param $number i32) (result i32)
    (local $op i32)
    (call $store (local.get $a) (local.get $b))
    (if (local.tee $op (call $next (local.get $number))) (then (call $drive (local.get $op))))
    (i32.load offset=96 (i32.const 0)))
  (func $drive (param $op i32)
    (loop $again
      (if (i32.eq (local.get $op) (i32.const 1))
        (then (call_indirect $entries (type $none) (i32.load offset=12 (i32.const 0))))
        (else
          (if (i32.eq (local.get $op) (i32.const 2))
            (then (drop (call $park)))
            (else unreachable))))
      (br_if $again (local.tee $op (call $next (i32.const 2))))))

  ;; So many imports in a row. The host answers at once (3), has a component called by C++ (4), or by steps (5).
  (func (export "imports") (param $times i32)
    (loop $again
      (drop (call $shim (local.get $times) (i32.const 7) (i32.const 3)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "driven_imports") (param $times i32)
    (loop $again
      (drop (call $driven_shim (local.get $times) (i32.const 7) (i32.const 3)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "entered_calls") (param $times i32)
    (loop $again
      (drop (call $shim (local.get $times) (i32.const 7) (i32.const 4)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "stepped_calls") (param $times i32)
    (loop $again
      (drop (call $driven_shim (local.get $times) (i32.const 7) (i32.const 5)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))))
