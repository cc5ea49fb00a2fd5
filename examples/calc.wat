;; The core module of the component `calc` (calc.wit), by hand, as a compiler's output would look: exports named as the
;; Canonical ABI asks, a memory, and cabi_realloc to place arguments in it.
;;
;; Memory holds one call at a time: cabi_realloc hands out the next free bytes, post-return takes all of them back.
(module
  (memory (export "memory") 1)

  ;; Where results that do not fit a single core value are described: a pointer and a length.
  (global $result i32 (i32.const 16))
  (global $heap_base i32 (i32.const 32))
  (global $next_free (mut i32) (i32.const 32))

  ;; Grows the memory so that the byte before $end exists, or traps.
  (func $reserve (param $end i32)
    (local $missing i32)
    (local.set $missing
      (i32.sub
        (i32.shr_u (i32.add (local.get $end) (i32.const 0xffff)) (i32.const 16))
        (memory.size)))
    (if (i32.gt_s (local.get $missing) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (local.get $missing)) (i32.const -1))
          (then (unreachable))))))

  (func $align_up (param $address i32) (param $align i32) (result i32)
    (i32.and
      (i32.add (local.get $address) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))

  (func (export "cabi_realloc")
      (param $old i32) (param $old_size i32) (param $align i32) (param $new_size i32) (result i32)
    (local $new i32)
    (local $end i32)
    (local.set $new (call $align_up (global.get $next_free) (local.get $align)))
    (local.set $end (i32.add (local.get $new) (local.get $new_size)))
    ;; An address space of 4 GiB is full when the sum wraps round, or would on rounding up to pages.
    (if (i32.or
          (i32.lt_u (local.get $end) (local.get $new))
          (i32.gt_u (local.get $end) (i32.const 0xffff0000)))
      (then (unreachable)))
    (call $reserve (local.get $end))
    (global.set $next_free (local.get $end))
    (memory.copy (local.get $new) (local.get $old)
      (select (local.get $old_size) (local.get $new_size)
        (i32.lt_u (local.get $old_size) (local.get $new_size))))
    (local.get $new))

  (func $release_all (global.set $next_free (global.get $heap_base)))

  ;; A list returned as it came: arguments and results have the same layout.
  (func $echo (param $items i32) (param $length i32) (result i32)
    (i32.store (global.get $result) (local.get $items))
    (i32.store offset=4 (global.get $result) (local.get $length))
    (global.get $result))

  (func (export "bench:calc/api#add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))

  (func (export "bench:calc/api#add64") (param $a i64) (param $b i64) (result i64)
    (i64.add (local.get $a) (local.get $b)))

  (export "bench:calc/api#echo-string" (func $echo))
  (export "bench:calc/api#echo-bytes" (func $echo))
  (export "bench:calc/api#echo-records" (func $echo))

  (func $release_echo (param $result i32) (call $release_all))
  (export "cabi_post_bench:calc/api#echo-string" (func $release_echo))
  (export "cabi_post_bench:calc/api#echo-bytes" (func $release_echo))
  (export "cabi_post_bench:calc/api#echo-records" (func $release_echo))

  (func (export "bench:calc/api#sum") (param $items i32) (param $length i32) (result i64)
    (local $sum i64)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $length)))
        (local.set $sum (i64.add (local.get $sum) (i64.load32_u (local.get $items))))
        (local.set $items (i32.add (local.get $items) (i32.const 4)))
        (local.set $length (i32.sub (local.get $length) (i32.const 1)))
        (br $next)))
    (local.get $sum))

  (func (export "cabi_post_bench:calc/api#sum") (param $sum i64) (call $release_all))

  ;; A linear congruential generator.
  (func (export "bench:calc/api#spin") (param $n i32) (result i32)
    (local $x i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $x
          (i32.add (i32.mul (local.get $x) (i32.const 1664525)) (i32.const 1013904223)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $x)))
