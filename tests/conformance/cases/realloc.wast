;; What a guest's realloc sees.

;; It runs as a task of its own: its storage begins at 0 and what it leaves there is gone afterwards.
(component
  (core func $get (canon context.get i32 0))
  (core func $set (canon context.set i32 0))
  (core module $m
    (import "" "get" (func $get (result i32)))
    (import "" "set" (func $set (param i32)))
    (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (call $get) (then unreachable))
      (call $set (i32.const 99))
      (i32.const 1024))
    (func (export "f") (param i32 i32 i32 i32) (result i32) (call $get)))
  (core instance $i (instantiate $m (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "f") (param "a" string) (param "b" string) (result u32)
    (canon lift (core func $i "f") (memory $memory) (realloc $realloc))))
(assert_return (invoke "f" (str.const "one") (str.const "two")) (u32.const 0))

;; Nothing is allocated for what has no bytes in memory, one block for each list and string, and one for the parameters
;; when they are more than 16.
(component
  (core module $m
    (memory (export "memory") 1)
    (global $calls (mut i32) (i32.const 0))
    (global $next_free (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (local $pointer i32)
      (if (i32.or (local.get 0) (local.get 1)) (then unreachable))
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (local.set $pointer
        (i32.and
          (i32.add (global.get $next_free) (i32.sub (local.get 2) (i32.const 1)))
          (i32.sub (i32.const 0) (local.get 2))))
      (global.set $next_free (i32.add (local.get $pointer) (local.get 3)))
      (local.get $pointer))
    (func (export "one") (param i32) (result i32) (global.get $calls))
    (func (export "two") (param i32 i32) (result i32) (global.get $calls)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "scalar") (param "v" u32) (result u32)
    (canon lift (core func $i "one") (memory $memory) (realloc $realloc)))
  (func (export "bytes") (param "v" (list u8)) (result u32)
    (canon lift (core func $i "two") (memory $memory) (realloc $realloc)))
  (func (export "strings") (param "v" (list string)) (result u32)
    (canon lift (core func $i "two") (memory $memory) (realloc $realloc)))
  (func (export "wide") (param "v" (tuple u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 u8 string)) (result u32)
    (canon lift (core func $i "one") (memory $memory) (realloc $realloc))))
(assert_return (invoke "scalar" (u32.const 1)) (u32.const 0))
(assert_return (invoke "bytes" (list.const (u8.const 1) (u8.const 2))) (u32.const 1))
;; The list, and "a" and "b": 3 more.
(assert_return (invoke "strings" (list.const (str.const "a") (str.const "b"))) (u32.const 4))
;; The parameters, and "x": 2 more.
(assert_return
  (invoke "wide" (tuple.const
    (u8.const 1) (u8.const 2) (u8.const 3) (u8.const 4) (u8.const 5) (u8.const 6) (u8.const 7) (u8.const 8)
    (u8.const 9) (u8.const 10) (u8.const 11) (u8.const 12) (u8.const 13) (u8.const 14) (u8.const 15) (str.const "x")))
  (u32.const 6))

;; Of two blocks that go wrong the first one counts, though both may have been asked for before it is looked at.
(component
  (core module $m
    (memory (export "memory") 1)
    (global $calls (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (if (i32.eq (global.get $calls) (i32.const 2)) (then unreachable))
      (i32.const 1025))
    (func (export "f") (param i32 i32 i32 i32)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "f") (param "a" (list u16)) (param "b" string)
    (canon lift (core func $i "f") (memory $memory) (realloc $realloc))))
(assert_trap (invoke "f" (list.const (u16.const 1)) (str.const "two")) "unaligned pointer")
(component
  (core module $m
    (memory (export "memory") 1)
    (global $calls (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (if (i32.eq (global.get $calls) (i32.const 2)) (then unreachable))
      (i32.const 1024))
    (func (export "f") (param i32 i32 i32 i32)))
  (core instance $i (instantiate $m))
  (alias core export $i "memory" (core memory $memory))
  (alias core export $i "realloc" (core func $realloc))
  (func (export "f") (param "a" (list u16)) (param "b" string)
    (canon lift (core func $i "f") (memory $memory) (realloc $realloc))))
(assert_trap (invoke "f" (list.const (u16.const 1)) (str.const "two")) "unreachable")
