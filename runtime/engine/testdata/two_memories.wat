(module $two_memories
  (memory $a (export "a") 1)
  (memory $b (export "b") 2)
  (data (memory $a) (i32.const 0) "aa")
  (data (memory $b) (i32.const 0) "bb"))
