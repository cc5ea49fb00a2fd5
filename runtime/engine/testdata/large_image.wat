;; A start image above the size from which images are mapped (the data segments overlap pages that
;; are zero), and below it a gap.
(module $large_image
  (memory (export "memory") 16 32)
  (data (i32.const 70000) "begin")
  (data (i32.const 600000) "end")
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load8") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "store8") (param i32 i32) (i32.store8 (local.get 0) (local.get 1))))
