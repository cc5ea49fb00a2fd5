;; Answers of any size up to 64 MiB, from a memory that is not written to.
(component
  (core module $m
    (memory (export "memory") 1024)
    (func (export "list") (param $length i32) (result i32)
      (i32.store (i32.const 0) (i32.const 16))
      (i32.store (i32.const 4) (local.get $length))
      (i32.const 0)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  ;; As many bytes.
  (func (export "bytes") (param "length" u32) (result (list u8))
    (canon lift (core func $i "list") (memory $memory)))
  ;; As many values of two bytes each, which take many times as many for a host.
  (func (export "nothings") (param "length" u32) (result (list (option u8)))
    (canon lift (core func $i "list") (memory $memory))))
