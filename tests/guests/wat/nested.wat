;; A component within a component, instantiated twice, each with its own state; one instance's function is given to
;; another component, which calls it across the boundary.
(component
  (component $counter
    (core module $m
      (global $count (mut i32) (i32.const 0))
      (func (export "next") (param $by i32) (result i32)
        (global.set $count (i32.add (global.get $count) (local.get $by)))
        (global.get $count)))
    (core instance $i (instantiate $m))
    (func (export "next") (param "by" u32) (result u32) (canon lift (core func $i "next"))))
  (component $twice
    (import "next" (func $next (param "by" u32) (result u32)))
    (core func $lowered (canon lower (func $next)))
    (core module $m
      (import "host" "next" (func $next (param i32) (result i32)))
      (func (export "next-twice") (param $by i32) (result i32)
        (drop (call $next (local.get $by)))
        (call $next (local.get $by))))
    (core instance $i (instantiate $m (with "host" (instance (export "next" (func $lowered))))))
    (func (export "next-twice") (param "by" u32) (result u32) (canon lift (core func $i "next-twice"))))
  (instance $first (instantiate $counter))
  (instance $second (instantiate $counter))
  (instance $both (instantiate $twice (with "next" (func $first "next"))))
  (export "first-next" (func $first "next"))
  (export "second-next" (func $second "next"))
  (export "first-next-twice" (func $both "next-twice")))
