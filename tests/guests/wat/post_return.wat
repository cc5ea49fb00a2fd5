(module $post_return
  (memory (export "memory") 1)
  (global $last (mut i32) (i32.const 0))
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 16) "\20\00\00\00\05\00\00\00")  ;; a string of length 5 at 32
  (data (i32.const 24) "\20\00\00\00\ff\ff\ff\0f")  ;; one that does not fit memory
  (data (i32.const 32) "hello")

  (func $note (param i32)
    (global.set $last (local.get 0))
    (global.set $count (i32.add (global.get $count) (i32.const 1))))

  (func (export "text") (result i32) (i32.const 16))
  (func (export "cabi_post_text") (param i32) (call $note (local.get 0)))
  (func (export "number") (param i32) (result i32) (local.get 0))
  (func (export "cabi_post_number") (param i32) (call $note (local.get 0)))
  (func (export "nothing"))
  (func (export "cabi_post_nothing") (call $note (i32.const 0)))
  (func (export "last") (result i32) (global.get $last))
  (func (export "count") (result i32) (global.get $count))
  (func (export "trap-after") (result i32) (i32.const 16))
  (func (export "cabi_post_trap-after") (param i32) unreachable)
  (func (export "loop-after") (result i32) (i32.const 1))
  (func (export "cabi_post_loop-after") (param i32) (loop $again (br $again)))
  (func (export "bad-text") (result i32) (i32.const 24))
  (func (export "cabi_post_bad-text") (param i32) (call $note (local.get 0))))
