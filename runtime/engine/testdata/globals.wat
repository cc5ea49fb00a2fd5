;; Things to import from.
(module $globals
  (global (export "zero") i32 (i32.const 0))
  (global (export "two") i32 (i32.const 2))
  (global (export "four") i32 (i32.const 4))
  (table (export "table") 4 funcref)
  (memory (export "memory") 1 3)
  (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))
