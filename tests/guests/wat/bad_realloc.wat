(module $bad_realloc
  (memory (export "memory") 1)
  (global $how (mut i32) (i32.const 0))
  (global $calls (mut i32) (i32.const 0))
  (global $next_free (mut i32) (i32.const 1024))

  (func $end (result i32) (i32.mul (memory.size) (i32.const 65536)))

  ;; The next free bytes, starting over when there are none.
  (func $allocate (param $align i32) (param $size i32) (result i32)
    (local $pointer i32)
    (local.set $pointer
      (i32.and
        (i32.add (global.get $next_free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (if (i32.gt_u (i32.add (local.get $pointer) (local.get $size)) (call $end))
      (then (local.set $pointer (i32.const 1024))))
    (global.set $next_free (i32.add (local.get $pointer) (local.get $size)))
    (local.get $pointer))

  (func (export "cabi_realloc")
    (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
    (local $good i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.set $good (call $allocate (local.get $align) (local.get $size)))
    (block $grows
      (block $loops
        (block $traps
          (block $wraps_around
            (block $over_the_end
              (block $out_of_bounds
                (block $misaligned
                  (block $good
                    (br_table $good $misaligned $out_of_bounds $over_the_end $wraps_around $traps
                      $loops $grows (global.get $how)))
                  (return (local.get $good)))
                (return (i32.add (local.get $good) (i32.const 1))))
              (return (call $end)))
            (return (i32.and
              (i32.sub (i32.add (call $end) (local.get $align)) (local.get $size))
              (i32.sub (i32.const 0) (local.get $align)))))
          (return (i32.const 0xfffffff8)))
        unreachable)
      (loop $again (br $again)))
    (drop (memory.grow (i32.const 1)))
    (local.get $good))

  (func (export "behave") (param i32) (global.set $how (local.get 0)))
  (func (export "take-string") (param i32 i32) (result i32) (local.get 1))
  (func (export "take-u64s") (param i32 i32) (result i32) (local.get 1))
  (func (export "take-strings") (param i32 i32) (result i32) (local.get 1))
  (func (export "calls") (result i32) (global.get $calls)))
