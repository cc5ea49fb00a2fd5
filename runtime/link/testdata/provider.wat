;; Exports an interface, in a newer version than its users want, and a function.
(component
  (core module $m (func (export "f") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m))
  (func $f (param "x" u32) (result u32) (canon lift (core func $i "f")))
  (instance $math (export "twice" (func $f)) (export "unused" (func $f)))
  (export "acme:math/ops@1.3.0" (instance $math))
  (export "twice" (func $f)))
