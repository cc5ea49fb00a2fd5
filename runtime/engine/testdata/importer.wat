;; Imports a memory and functions under names that JavaScript objects treat specially.
(module $importer
  (import "__proto__" "memory" (memory 1))
  (import "toString" "__proto__" (func $store8 (param i32 i32)))
  (import "0" "1" (func $again (param i32 i32)))
  (export "memory" (memory 0))
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "store_both") (param i32 i32)
    (call $store8 (local.get 0) (local.get 1))
    (call $again (i32.add (local.get 0) (i32.const 1)) (local.get 1))))
