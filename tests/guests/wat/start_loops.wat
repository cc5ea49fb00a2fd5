;; Its core start function never ends.
(component
  (core module $m
    (func $start (loop $again (br $again)))
    (start $start)
    (func (export "ok") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func (export "ok") (result u32) (canon lift (core func $i "ok"))))
