;; Its core start function runs once per instance: `count` is 1 before the first `next`.
(component
  (core module $m
    (global $count (mut i32) (i32.const 0))
    (func $next (export "next") (result i32)
      (global.set $count (i32.add (global.get $count) (i32.const 1)))
      (global.get $count))
    (func (export "count") (result i32) (global.get $count))
    (func $start (drop (call $next)))
    (start $start))
  (core instance $i (instantiate $m))
  (func (export "next") (result u32) (canon lift (core func $i "next")))
  (func (export "count") (result u32) (canon lift (core func $i "count"))))
