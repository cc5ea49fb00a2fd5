;; A component that calls its child, and a child that calls back into its parent's other functions.
(component definition $Parent
  (core module $parent
    (func (export "inner") (result i32) (i32.const 42)))
  (core instance $parent (instantiate $parent))
  (func $inner (result u32) (canon lift (core func $parent "inner")))
  (component $child
    (import "inner" (func $inner (result u32)))
    (core func $inner (canon lower (func $inner)))
    (core module $m
      (import "" "inner" (func $inner (result i32)))
      (func (export "call-parent") (result i32) (call $inner))
      (func (export "alone") (result i32) (i32.const 7)))
    (core instance $i (instantiate $m (with "" (instance (export "inner" (func $inner))))))
    (func (export "call-parent") (result u32) (canon lift (core func $i "call-parent")))
    (func (export "alone") (result u32) (canon lift (core func $i "alone"))))
  (instance $child (instantiate $child (with "inner" (func $inner))))
  (func (export "call-parent") (alias export $child "call-parent"))
  (func (export "alone") (alias export $child "alone"))
  (func (export "inner") (alias export $child "alone")))
(component instance $i $Parent)
;; The host enters the child, which is free of its parent.
(assert_return (invoke "alone") (u32.const 7))
(assert_return (invoke "inner") (u32.const 7))
(assert_trap (invoke "call-parent") "cannot enter component instance")
(assert_trap (invoke "alone") "cannot enter component instance")
