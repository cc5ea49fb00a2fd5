;; Globals that begin as signalling NaNs, which nothing writes.
(component
  (core module $m
    (global $single (mut f32) (f32.const nan:0x200000))
    (global $double (mut f64) (f64.const nan:0x4000000000000))
    (func (export "single") (result i32) (i32.reinterpret_f32 (global.get $single)))
    (func (export "double") (result i64) (i64.reinterpret_f64 (global.get $double))))
  (core instance $i (instantiate $m))
  (func (export "single") (result u32) (canon lift (core func $i "single")))
  (func (export "double") (result u64) (canon lift (core func $i "double"))))
