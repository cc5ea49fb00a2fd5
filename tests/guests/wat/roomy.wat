;; A memory of 50 MiB.
(component
  (core module $m
    (memory (export "memory") 800)
    (func (export "size") (result i32) (memory.size)))
  (core instance $i (instantiate $m))
  (func (export "size") (result u32) (canon lift (core func $i "size"))))
