;; Two components with memories of their own, one of UTF-16 strings: `shout` passes its argument on, and the inner
;; component answers it in upper case (of ASCII letters). Strings, lists and records cross the inner boundary.
(component
  (core module $allocator
    (memory (export "memory") 1)
    (global $next_free (mut i32) (i32.const 1024))
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $pointer i32)
      (local.set $pointer
        (i32.and
          (i32.add (global.get $next_free) (i32.sub (local.get $align) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next_free (i32.add (local.get $pointer) (local.get $size)))
      (if (i32.gt_u (global.get $next_free) (i32.mul (memory.size) (i32.const 65536))) (then unreachable))
      (memory.copy (local.get $pointer) (local.get $old)
        (select (local.get $old_size) (local.get $size)
          (i32.lt_u (local.get $old_size) (local.get $size))))
      (local.get $pointer))
    (func (export "reset") (param i32) (global.set $next_free (i32.const 1024))))
  (component $upper
    (alias outer 1 $allocator (core module $allocator))
    (core instance $a (instantiate $allocator))
    (core module $m
      (import "a" "memory" (memory 1))
      (func (export "upper") (param $pointer i32) (param $length i32) (result i32)
        (local $i i32) (local $at i32) (local $unit i32)
        (block $done
          (loop $next
            (br_if $done (i32.ge_u (local.get $i) (local.get $length)))
            (local.set $at (i32.add (local.get $pointer) (i32.shl (local.get $i) (i32.const 1))))
            (local.set $unit (i32.load16_u (local.get $at)))
            (if (i32.lt_u (i32.sub (local.get $unit) (i32.const 97)) (i32.const 26))
              (then (i32.store16 (local.get $at) (i32.sub (local.get $unit) (i32.const 32)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $next)))
        (i32.store (i32.const 16) (local.get $pointer))
        (i32.store (i32.const 20) (local.get $length))
        (i32.const 16)))
    (core instance $i (instantiate $m (with "a" (instance $a))))
    (alias core export $a "memory" (core memory $memory))
    (alias core export $a "realloc" (core func $realloc))
    (alias core export $a "reset" (core func $reset))
    (func (export "upper") (param "s" string) (result string)
      (canon lift (core func $i "upper") string-encoding=utf16
        (memory $memory) (realloc $realloc) (post-return $reset))))
  (component $shout
    (import "upper" (func $upper (param "s" string) (result string)))
    (alias outer 1 $allocator (core module $allocator))
    (core instance $a (instantiate $allocator))
    (alias core export $a "memory" (core memory $memory))
    (alias core export $a "realloc" (core func $realloc))
    (alias core export $a "reset" (core func $reset))
    (core func $lowered (canon lower (func $upper) (memory $memory) (realloc $realloc)))
    (core module $m
      (import "a" "memory" (memory 1))
      (import "host" "upper" (func $upper (param i32 i32 i32)))
      (func (export "shout") (param $pointer i32) (param $length i32) (result i32)
        (call $upper (local.get $pointer) (local.get $length) (i32.const 16))
        (i32.const 16)))
    (core instance $i (instantiate $m
      (with "a" (instance $a))
      (with "host" (instance (export "upper" (func $lowered))))))
    (func (export "shout") (param "s" string) (result string)
      (canon lift (core func $i "shout") (memory $memory) (realloc $realloc) (post-return $reset))))
  (instance $upper (instantiate $upper))
  (instance $shout (instantiate $shout (with "upper" (func $upper "upper"))))
  (export "shout" (func $shout "shout")))
