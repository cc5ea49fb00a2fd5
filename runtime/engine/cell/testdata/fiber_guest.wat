;; A guest that parks, and what it may do when it goes on.
(module $fiber_guest
  (import "host" "park" (func $park (result i32)))
  (import "host" "call" (func $call (param i32) (result i32)))
  (memory 1 1)
  (tag $tag)

  (func $recurse (call $recurse) (drop (memory.size)) (call $recurse))
  (func $throw (param $depth i32)
    (if (local.get $depth)
      (then (call $throw (i32.sub (local.get $depth) (i32.const 1))))
      (else (throw $tag))))
  (func $catch (result i32)
    (block $caught
      (try_table (catch_all $caught) (call $throw (i32.const 50)))
      (return (i32.const 0)))
    (i32.const 1))
  (func $load (drop (i32.load (i32.const 70000000))))

  ;; What: see What of fiber_test_util.h. The result is `what` where nothing else is said.
  (func $do (export "do") (param $what i32) (result i32)
    (if (i32.eq (local.get $what) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 2)) (then (call $load)))
    (if (i32.eq (local.get $what) (i32.const 3))
      (then (drop (call $call (i32.const 3))) (loop $forever (br $forever))))
    (if (i32.eq (local.get $what) (i32.const 4)) (then (call $recurse)))
    (if (i32.eq (local.get $what) (i32.const 5))
      (then (return (i32.add (i32.const 50) (call $catch)))))
    (if (i32.eq (local.get $what) (i32.const 6)) (then (return (call $call (i32.const 6)))))
    (if (i32.eq (local.get $what) (i32.const 8)) (then (call $throw (i32.const 50))))
    (local.get $what))

  ;; Parks until it is resumed with anything but 0, and does that.
  (func $wait (param $depth i32) (result i32)
    (local $what i32)
    (if (local.get $depth) (then (return (call $wait (i32.sub (local.get $depth) (i32.const 1))))))
    (loop $again (br_if $again (i32.eqz (local.tee $what (call $park)))))
    (call $do (local.get $what)))
  (func $run (export "run") (param $depth i32) (result i32) (call $wait (local.get $depth)))
  ;; 60 when anything was caught meanwhile.
  (func (export "run_caught") (param $depth i32) (result i32)
    (block $caught
      (try_table (catch_all $caught) (return (call $wait (local.get $depth)))))
    (i32.const 60))
  ;; The same without parking first.
  (func (export "do_caught") (param $what i32) (result i32)
    (block $caught
      (try_table (catch_all $caught) (return (call $do (local.get $what)))))
    (i32.const 60))

  ;; Calls the host so many times.
  (func $calls (export "calls") (param $times i32) (result i32)
    (loop $again
      (drop (call $call (local.get $times)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.const 0))
  (func (export "calls_and_park") (param $times i32) (result i32)
    (drop (call $calls (local.get $times)))
    (call $park))

  ;; No loop and no function begins between a park and the host's call that follows it: V8 looks for a termination
  ;; there.
  (func (export "park_and_call") (param i32) (result i32)
    (drop (call $park))
    (call $do (call $call (i32.const 6))))

  ;; As a fiber's driver: asks the host how long to compute (0), and whether to park then (1), without end until
  ;; the second answer is negative.
  (func (export "legs") (param i32) (result i32)
    (local $turns i32)
    (local.set $turns (call $call (i32.const 0)))
    (loop $again
      (loop $spin
        (br_if $spin (i32.gt_s (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))
                               (i32.const 0))))
      (if (i32.lt_s (call $call (i32.const 1)) (i32.const 0)) (then (return (i32.const 70))))
      (drop (call $park))
      (local.set $turns (call $call (i32.const 0)))
      (br $again))
    (i32.const 0)))
