;; A memory that is 1 GiB at the start: more than the default limit of an instance.
(component
  (core module $m
    (memory (export "memory") 16384)
    (func (export "size") (result i32) (memory.size)))
  (core instance $i (instantiate $m))
  (func (export "size") (result u32) (canon lift (core func $i "size"))))
