;; Memory: 16 the results' pointer and length; 256 the texts that records point to; 4096 the string; 8192 the records;
;; from 1 MiB on what realloc hands out, all of it again for each call.
(module $relay
  (import "bench:calc/api" "add" (func $add (param i32 i32) (result i32)))
  (import "bench:calc/api" "echo-string" (func $echo_string (param i32 i32 i32)))
  (import "bench:calc/api" "echo-records" (func $echo_records (param i32 i32 i32)))
  (memory (export "memory") 32)
  (global $heap_base i32 (i32.const 0x100000))
  (global $next_free (mut i32) (i32.const 0x100000))
  (data (i32.const 256) "hello")
  (data (i32.const 264) "\00\01\00\00\05\00\00\00")  ;; a list of one string: "hello"

  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $pointer i32)
    (local.set $pointer
      (i32.and
        (i32.add (global.get $next_free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next_free (i32.add (local.get $pointer) (local.get $size)))
    (local.get $pointer))

  (func (export "loop-add") (param $n i32) (result i32)
    (local $sum i32)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (call $add (local.get $sum) (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (local.get $sum))

  (func (export "loop-string") (param $n i32) (result i32)
    (memory.fill (i32.const 4096) (i32.const 0x78) (i32.const 1024))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (global.set $next_free (global.get $heap_base))
        (call $echo_string (i32.const 4096) (i32.const 1024) (i32.const 16))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.load (i32.const 20)))

  ;; Records of 32 bytes: id, name, score, tags.
  (func $fill_records
    (local $i i32) (local $record i32)
    (loop $next
      (local.set $record (i32.add (i32.const 8192) (i32.shl (local.get $i) (i32.const 5))))
      (i32.store (local.get $record) (local.get $i))
      (i32.store offset=4 (local.get $record) (i32.const 256))
      (i32.store offset=8 (local.get $record) (i32.const 5))
      (f64.store offset=16 (local.get $record) (f64.const 0.5))
      (i32.store offset=24 (local.get $record) (i32.const 264))
      (i32.store offset=28 (local.get $record) (i32.const 1))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 100)))))

  (func (export "loop-records") (param $n i32) (result i32)
    (call $fill_records)
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $n)))
        (global.set $next_free (global.get $heap_base))
        (call $echo_records (i32.const 8192) (i32.const 100) (i32.const 16))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $next)))
    (i32.load (i32.const 20))))
