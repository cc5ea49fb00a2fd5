;; Its core start function traps: it can be deployed, not instantiated.
(component
  (core module $m
    (func $start unreachable)
    (start $start)
    (func (export "ok") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func (export "ok") (result u32) (canon lift (core func $i "ok"))))
