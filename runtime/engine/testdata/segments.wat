;; Active segments at offsets that the host decides.
(module $segments
  (import "host" "offset" (global $offset i32))
  (import "host" "table" (table 4 funcref))
  (memory (export "memory") 1)
  (elem (offset (global.get $offset)) func $f)
  (data (offset (i32.mul (global.get $offset) (i32.const 65535))) "x")
  (func $f))
