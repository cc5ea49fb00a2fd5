;; An active data segment that does not fit its memory: instantiation traps.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 65533) "four"))
  (core instance $i (instantiate $m)))
