;; Several core modules that need each other, as wit-component links them: a shim whose functions go through a table, the
;; main module, and a fixup that fills the table when the main module's memory exists.
(component
  (core module $shim
    (table (export "$imports") 1 1 funcref)
    (type $mix (func (param i32) (result i32)))
    (func (export "0") (param i32) (result i32)
      (call_indirect (type $mix) (local.get 0) (i32.const 0))))
  (core module $main
    (import "" "0" (func $helper (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\2a\00\00\00")
    (func (export "answer") (param i32) (result i32)
      (i32.add (call $helper (i32.const 8)) (local.get 0))))
  (core module $helper
    (import "env" "memory" (memory 1))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0))))
  (core module $fixup
    (import "" "$imports" (table 1 1 funcref))
    (import "" "0" (func $0 (param i32) (result i32)))
    (elem (i32.const 0) func $0))
  (core instance $shim (instantiate $shim))
  (core instance $main (instantiate $main (with "" (instance (export "0" (func $shim "0"))))))
  (core instance $helper (instantiate $helper
    (with "env" (instance (export "memory" (memory $main "memory"))))))
  (core instance $fixup (instantiate $fixup
    (with "" (instance
      (export "$imports" (table $shim "$imports"))
      (export "0" (func $helper "load"))))))
  ;; 42 + n
  (func (export "answer") (param "n" u32) (result u32) (canon lift (core func $main "answer"))))
