(module $memory64
  (memory (export "memory") i64 1 3)
  (data (i64.const 5) "64")
  (func (export "echo_i64") (param i64) (result i64) (memory.grow (local.get 0))))
