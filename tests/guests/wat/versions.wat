;; The same interface in two versions, and another in one.
(component
  (core module $m (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $c (export "f" (func $f)))
  (export "a:b/c@1.0.0" (instance $c))
  (export "a:b/c@2.0.0" (instance $c))
  (export "a:b/d@1.0.0" (instance $c)))
