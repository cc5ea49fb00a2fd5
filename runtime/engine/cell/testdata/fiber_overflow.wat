;; A guest that counts how deep it comes.
(module $fiber_overflow
  (import "host" "park" (func $park (result i32)))
  (global $depth (export "depth") (mut i32) (i32.const 0))
  (func $recurse
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (call $recurse)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1))))
  (func (export "recurse") (param i32) (call $recurse))
  (func (export "park_and_recurse") (param i32) (drop (call $park)) (call $recurse)))
