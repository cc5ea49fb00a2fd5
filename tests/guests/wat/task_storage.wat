;; A post-return that reads what its call left in task-local storage.
(component
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core module $m
    (import "task" "get" (func $get (result i32)))
    (import "task" "set" (func $set (param i32)))
    (global $kept (mut i32) (i32.const 0))
    (func (export "keep") (param i32) (result i32) (call $set (local.get 0)) (i32.const 0))
    (func (export "post-keep") (param i32) (global.set $kept (call $get)))
    (func (export "kept") (result i32) (global.get $kept))
    (func (export "stored") (result i32) (call $get)))
  (core instance $i (instantiate $m (with "task" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (func (export "keep") (param "n" u32) (result u32)
    (canon lift (core func $i "keep") (post-return (func $i "post-keep"))))
  (func (export "kept") (result u32) (canon lift (core func $i "kept")))
  (func (export "stored") (result u32) (canon lift (core func $i "stored"))))
