;; A component that runs inside another one, which answers its import with a function of its own.
(component
  (import "real" (func $real (result u32)))
  (component $inner
    (import "number" (func $number (result u32)))
    (core func $number' (canon lower (func $number)))
    (core module $m
      (import "" "number" (func $number (result i32)))
      (func (export "run") (result i32) (call $number)))
    (core instance $i (instantiate $m (with "" (instance (export "number" (func $number'))))))
    (func (export "run") (result u32) (canon lift (core func $i "run"))))
  (component $fake
    (core module $m (func (export "number") (result i32) (i32.const 4)))
    (core instance $i (instantiate $m))
    (func (export "number") (result u32) (canon lift (core func $i "number"))))
  (instance $fake (instantiate $fake))
  (instance $virtual (instantiate $inner (with "number" (func $fake "number"))))
  (instance $direct (instantiate $inner (with "number" (func $real))))
  (export "virtual" (func $virtual "run"))
  (export "direct" (func $direct "run")))
