;; A loop worth optimising, and a trap after it.
(module $hot
  (memory (export "memory") 1)
  (data (i32.const 0) "\01\02\03\04")
  (func $mix (export "echo_i32") (param $n i32) (result i32) (local $i i32) (local $hash i32)
    (loop $again
      (local.set $hash (i32.xor
        (i32.rotl (i32.add (local.get $hash) (i32.load (i32.and (local.get $i) (i32.const 0xfffc))))
          (i32.const 5))
        (i32.mul (local.get $i) (i32.const 0x9e3779b1))))
      (br_if $again
        (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $hash))
  (func $trap (export "trap") unreachable))
